"""Two reviewers on one conversation at the same moment: one wins, the other is told, and nothing is lost."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_user
from webapp.common.errors import WinnowError
from webapp.conversations.actions.review import decide, flag_conversation, save_edit
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Revision, Status
from webapp.conversations.versions import FlaggedSince, StaleVersion

Outcome = object
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions: Callable[[], object]) -> list[Outcome]:
    """Start all actions together, each on a connection of its own; what each returned or was refused with."""
    outcomes: list[Outcome] = [None] * len(actions)
    ready = threading.Barrier(len(actions))

    def act(index: int) -> None:
        ready.wait()
        try:
            outcomes[index] = actions[index]()
        except WinnowError as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(index,)) for index in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def errors(outcomes: list[Outcome]) -> list[type]:
    return [type(outcome) for outcome in outcomes if isinstance(outcome, WinnowError)]


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation()


def test_edit_against_edit(conversation: Conversation) -> None:
    def edit(number: int) -> Callable[[], object]:
        messages = chat("q", f"answer {number}")
        return lambda: save_edit(conversation_id=conversation.pk, version=1, messages=messages, by=None)

    outcomes = at_once(*(edit(number) for number in range(4)))
    assert errors(outcomes) == [StaleVersion] * 3
    assert Revision.objects.count() == 1
    assert_history_matches(conversation)
    assert_tallies_match()


def test_edit_against_approve(conversation: Conversation) -> None:
    ada, bob = make_user(), make_user()
    outcomes = at_once(
        lambda: save_edit(conversation_id=conversation.pk, version=1, messages=chat("q", "a"), by=ada),
        lambda: decide(conversation_id=conversation.pk, version=1, status=Status.APPROVED, by=bob),
    )
    assert errors(outcomes) == [StaleVersion]
    assert Revision.objects.count() + Decision.objects.count() == 1
    assert_history_matches(conversation)
    assert_tallies_match()


def test_approve_against_approve(conversation: Conversation) -> None:
    users = [make_user() for _ in range(3)]
    outcomes = at_once(
        *(
            lambda user=user: decide(conversation_id=conversation.pk, version=1, status=Status.APPROVED, by=user)
            for user in users
        )
    )
    assert errors(outcomes) == [StaleVersion] * 2
    assert_history_matches(conversation)
    assert_tallies_match()


def test_approve_against_flag(conversation: Conversation) -> None:
    reason = FlagReason.objects.all()[0]
    outcomes = at_once(
        lambda: flag_conversation(conversation_id=conversation.pk, reason=reason, by=None),
        lambda: decide(conversation_id=conversation.pk, version=1, status=Status.APPROVED, by=None, seen_flag=0),
    )
    assert Flag.objects.count() == 1
    assert errors(outcomes) in ([], [FlaggedSince])
    approved = Conversation.objects.get().status == Status.APPROVED
    assert approved is (errors(outcomes) == [])
    assert_history_matches(conversation)
    assert_tallies_match()


def test_flags_from_everywhere_add_up(conversation: Conversation) -> None:
    reasons = list(FlagReason.objects.all()[:4])
    users = [make_user() for _ in reasons]
    at_once(
        *(
            lambda reason=reason, user=user: flag_conversation(conversation_id=conversation.pk, reason=reason, by=user)
            for reason, user in zip(reasons, users, strict=True)
        )
    )
    conversation.refresh_from_db()
    assert conversation.open_flags == 4
    assert_tallies_match()
