"""Any sequence of actions leaves the kept counts, the copies and the history right."""

import random
from collections.abc import Callable

import pytest

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.common.errors import WinnowError
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions.bulk import count_bulk, start_bulk, undo_bulk
from webapp.conversations.actions.review import decide, flag_conversation, resolve_flag, restore_version, save_edit
from webapp.conversations.bulk import DECIDE, FLAG, VERBS
from webapp.conversations.models import Conversation, Flag, FlagReason, Status

STEPS = 40


class Team:
    """Somebody who presses whatever there is, now and then on an old page."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.users = [make_user(), make_user()]
        sources = [make_source(), make_source()]
        self.ids = [make_conversation(sources[number % 2]).pk for number in range(4)]
        self.reasons = list(FlagReason.objects.all()[:3])
        self.moves: list[Callable[[Conversation], object]] = [
            self.edit,
            self.restore,
            self.decide,
            self.flag,
            self.resolve,
        ]

    def step(self) -> None:
        conversation = Conversation.objects.get(pk=self.random.choice(self.ids))
        try:
            self.random.choice(self.moves)(conversation)
        except WinnowError:
            pass

    def version(self, conversation: Conversation) -> int:
        return conversation.version - (self.random.random() < 0.1)

    def edit(self, conversation: Conversation) -> None:
        texts = self.random.choices(["a", "b", "c", "", "d"], k=self.random.randint(1, 5))
        save_edit(
            conversation_id=conversation.pk,
            version=self.version(conversation),
            messages=chat(*texts),
            by=self.random.choice(self.users),
            approve=self.random.random() < 0.3,
        )

    def restore(self, conversation: Conversation) -> None:
        restored = self.random.randint(1, conversation.version)
        version = self.version(conversation)
        restore_version(conversation_id=conversation.pk, version=version, restored=restored, by=self.users[0])

    def decide(self, conversation: Conversation) -> None:
        decide(
            conversation_id=conversation.pk,
            version=self.version(conversation),
            status=self.random.choice(list(Status)),
            by=self.random.choice(self.users),
        )

    def flag(self, conversation: Conversation) -> None:
        flag_conversation(
            conversation_id=conversation.pk,
            reason=self.random.choice(self.reasons),
            turn=self.random.choice([None, 0, 1, 4]),
            by=self.random.choice(self.users),
        )

    def resolve(self, conversation: Conversation) -> None:
        flag = Flag.objects.filter(conversation=conversation).order_by("?").first()
        if flag is not None:
            resolve_flag(flag_id=flag.pk, by=self.users[0])

    def in_bulk(self, conversation: Conversation) -> None:
        action = self.random.choice([*VERBS, "flag"])
        chosen = {"source": [conversation.source_id]}
        counted = count_bulk(action=action, ids=None, chosen=chosen, by=self.users[0], reason=self.reasons[0].slug)
        run_slice(counted.pk, slice_seconds=None)
        counted.refresh_from_db()
        run_slice(start_bulk(counted=counted, by=self.users[0]).pk, slice_seconds=None)

    def undo(self, conversation: Conversation) -> None:
        done = Job.objects.filter(kind__in=[DECIDE, FLAG]).order_by("-pk").first()
        if done is not None:
            run_slice(undo_bulk(job=done, by=self.users[0]).pk, slice_seconds=None)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_actions_counts_right(seed: int) -> None:
    team = Team(seed)
    for _ in range(STEPS):
        team.step()
        assert_tallies_match()
    for conversation in Conversation.objects.all():
        assert_history_matches(conversation)
