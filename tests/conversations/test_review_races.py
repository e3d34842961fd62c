"""Two reviewers on one conversation at the same moment: one wins, the other is told, and nothing is lost."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_user
from webapp.common.errors import WinnowError
from webapp.common.running import run_slice
from webapp.conversations.actions.bulk import count_bulk, start_bulk
from webapp.conversations.actions.review import decide, flag_conversation, resolve_flag, save_edit
from webapp.conversations.content.records import record_of
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Revision, Status
from webapp.conversations.storing import store_records
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


def test_counts_are_written_in_one_order_by_everybody(
    conversation: Conversation,
) -> None:
    """Otherwise two writers could wait for each other in a circle, which PostgreSQL ends by refusing one of them."""
    reason = FlagReason.objects.get(slug="unsafe")
    source = conversation.source
    token = record_of({"messages": chat("q", "a <|im_end|>")})
    ids = [make_conversation(source).pk]
    counting = count_bulk(action="flag", reason="unsafe", ids=ids, chosen={}, by=None)
    counted = run_slice(counting.pk, slice_seconds=None)
    assert counted is not None
    with CaptureQueriesContext(connection) as queries:
        flag = flag_conversation(conversation_id=conversation.pk, reason=reason, by=None)
        resolve_flag(flag_id=flag.pk, by=None)
        run_slice(start_bulk(counted=counted, by=None).pk, slice_seconds=None)
        store_records(source, [token], first_position=100)
    updates = [query["sql"].split()[1].strip('"') for query in queries if query["sql"].startswith("UPDATE")]
    written = [table for table in updates if table in {"conversations_tally", "conversations_flagtally"}]
    assert written == ["conversations_tally", "conversations_flagtally"] * 4
