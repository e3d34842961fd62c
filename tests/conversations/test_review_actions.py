"""Editing, deciding and flagging: what each action writes, and what it refuses."""

import json
from typing import Any

import pytest

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import User
from webapp.common.errors import NotFound, Unprocessable
from webapp.conversations.actions.review import (
    decide,
    flag_conversation,
    resolve_flag,
    restore_version,
    save_edit,
)
from webapp.conversations.hooks import TEXT_CHANGED_HOOKS
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, FlagTally, Revision, Status
from webapp.conversations.versions import FlaggedSince, StaleVersion, text_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user(username="ada")


@pytest.fixture
def wrong() -> FlagReason:
    return FlagReason.objects.get(slug="wrong-answer")


def stored(conversation: Conversation) -> Any:
    conversation.refresh_from_db()
    return json.loads(conversation.text.messages)


def edit(conversation: Conversation, *texts: str, by: User | None = None, **more: Any) -> Conversation:
    version = more.pop("version", conversation.version)
    return save_edit(conversation_id=conversation.pk, version=version, messages=chat(*texts), by=by, **more)


def approve(conversation: Conversation, **more: Any) -> Conversation:
    defaults = {"version": conversation.version, "status": Status.APPROVED, "by": None}
    return decide(conversation_id=conversation.pk, **(defaults | more))


def test_an_edit_is_a_revision_and_keeps_the_original(ada: User) -> None:
    conversation = make_conversation(messages=chat("2+2?", "5"))
    original = conversation.text.messages
    saved = edit(conversation, "2+2?", "It is 4", by=ada, reason="sum was wrong")
    revision = Revision.objects.get()
    assert (saved.version, saved.edited, saved.characters) == (2, True, 11)
    assert (revision.version, revision.created_by, revision.reason) == (2, ada, "sum was wrong")
    assert stored(conversation)[1]["content"] == "It is 4"
    text = Conversation.objects.get().text
    assert text.original_text() == original
    assert text_at(saved, 1) == original
    assert_tallies_match()
    assert_history_matches(conversation)


def test_a_save_without_a_change_is_no_revision(ada: User) -> None:
    conversation = make_conversation(messages=chat("a", "b"))
    assert edit(conversation, "a", "b", by=ada).version == 1
    assert not Revision.objects.exists()


def test_a_change_back_to_the_original_is_not_edited_any_more(ada: User) -> None:
    conversation = make_conversation(messages=chat("a", "b"))
    saved = edit(edit(conversation, "a", "c"), "a", "b")
    assert (saved.edited, saved.version, saved.text.original) == (False, 3, None)
    assert_tallies_match()


def test_an_edit_returns_approved_to_unreviewed_but_not_rejected() -> None:
    approved, rejected = make_conversation(), make_conversation()
    approve(approved)
    approve(rejected, status=Status.REJECTED)
    assert edit(approved, "a", "b", version=2).status == Status.UNREVIEWED
    assert edit(rejected, "a", "b", version=2).status == Status.REJECTED
    assert_tallies_match()


def test_save_and_approve_in_one_are_two_versions(ada: User) -> None:
    conversation = edit(make_conversation(), "a", "b", by=ada, approve=True)
    decision = Decision.objects.get()
    assert (conversation.status, conversation.version, conversation.reviewer_id) == (Status.APPROVED, 3, ada.pk)
    assert (decision.version, decision.created_by) == (2, ada)
    assert_tallies_match()
    assert_history_matches(conversation)


def test_a_stale_edit_writes_nothing() -> None:
    conversation = make_conversation()
    edit(conversation, "a", "b", version=1)
    with pytest.raises(StaleVersion) as caught:
        edit(conversation, "a", "c", version=1)
    assert (caught.value.made_on, caught.value.current) == (1, 2)
    assert stored(conversation)[1]["content"] == "b"
    assert_history_matches(conversation)


def test_an_edit_with_an_issue_is_saved_but_not_approved() -> None:
    conversation = make_conversation()
    saved = edit(conversation, "only a question", version=1)
    assert saved.issue_codes() == ["one_message", "ends_with_user"]
    with pytest.raises(Unprocessable, match="cannot be approved"):
        approve(saved)
    with pytest.raises(Unprocessable, match="last answer is missing"):
        edit(saved, "a", "b", "c", approve=True)
    assert stored(conversation) == chat("only a question")
    assert_tallies_match()


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "empty"),
        ("text", "not a list"),
        ([{"role": "robot", "content": "x"}], "turn 1"),
        ([{"role": "user", "content": "x"}, {"role": "user", "content": [{"type": "image", "text": ""}]}], "turn 2"),
        ([{"role": "user", "content": "a\0b"}], "NUL"),
        ([{"role": "user", "content": "\ud800"}], "surrogate"),
    ],
)
def test_messages_that_cannot_be_stored_are_refused(messages: Any, reason: str) -> None:
    conversation = make_conversation()
    with pytest.raises(Unprocessable, match=reason):
        save_edit(conversation_id=conversation.pk, version=1, messages=messages, by=None)
    assert not Revision.objects.exists()


def test_restoring_is_a_new_revision(ada: User) -> None:
    conversation = make_conversation(messages=chat("a", "b"))
    edit(conversation, "a", "c", version=1)
    restored = restore_version(conversation_id=conversation.pk, version=2, restored=1, by=ada)
    assert (restored.version, restored.edited) == (3, False)
    assert Revision.objects.latest("version").restored_from == 1
    assert_history_matches(conversation)
    with pytest.raises(NotFound):
        restore_version(conversation_id=conversation.pk, version=3, restored=9, by=ada)
    with pytest.raises(StaleVersion):
        restore_version(conversation_id=conversation.pk, version=2, restored=1, by=ada)


def test_a_decision_names_the_version_it_was_made_on(ada: User) -> None:
    conversation = approve(make_conversation(), by=ada, note="checked by hand")
    decision = Decision.objects.get()
    assert (conversation.version, conversation.reviewer_id) == (2, ada.pk)
    assert (decision.version, decision.previous, decision.note) == (1, Status.UNREVIEWED, "checked by hand")
    approve(conversation, status=Status.UNREVIEWED, by=ada)
    assert_tallies_match()
    assert_history_matches(conversation)


def test_the_same_press_twice_counts_once_but_another_person_is_stale(ada: User) -> None:
    conversation = make_conversation()
    approve(conversation, by=ada)
    approve(conversation, by=ada)
    assert Decision.objects.count() == 1
    with pytest.raises(StaleVersion):
        approve(conversation, by=make_user())


def test_deciding_what_is_so_already_writes_nothing_without_a_note(ada: User) -> None:
    conversation = approve(make_conversation(), by=ada)
    assert approve(conversation, by=ada).version == 2
    assert approve(conversation, by=ada, note="still good").version == 3


def test_flags_add_up_and_the_same_one_is_one(ada: User, wrong: FlagReason) -> None:
    conversation = make_conversation()
    first = flag_conversation(conversation_id=conversation.pk, reason=wrong, turn=1, by=ada, note="off by one")
    again = flag_conversation(conversation_id=conversation.pk, reason=wrong, turn=1, by=ada)
    whole = flag_conversation(conversation_id=conversation.pk, reason=wrong, by=ada)
    assert first == again != whole
    assert FlagTally.objects.get().total == 1
    assert_tallies_match()
    for flag in (first, whole, whole):
        resolve_flag(flag_id=flag.pk, by=ada)
        assert_tallies_match()
    conversation.refresh_from_db()
    assert (conversation.open_flags, conversation.version) == (0, 1)


def test_a_flag_needs_an_active_reason_and_a_turn_that_is_there(wrong: FlagReason) -> None:
    conversation = make_conversation()
    with pytest.raises(Unprocessable, match="no turn 3"):
        flag_conversation(conversation_id=conversation.pk, reason=wrong, turn=2, by=None)
    wrong.active = False
    with pytest.raises(Unprocessable, match="retired"):
        flag_conversation(conversation_id=conversation.pk, reason=wrong, by=None)


def test_approving_past_a_flag_that_was_not_seen_is_a_conflict(wrong: FlagReason) -> None:
    conversation = make_conversation()
    flag = flag_conversation(conversation_id=conversation.pk, reason=wrong, by=None)
    with pytest.raises(FlaggedSince):
        approve(conversation, seen_flag=flag.pk - 1)
    assert approve(conversation, seen_flag=flag.pk).status == Status.APPROVED
    assert_tallies_match()


def test_flags_follow_their_turn(wrong: FlagReason) -> None:
    conversation = make_conversation(messages=chat("a", "b", "c", "d"))
    kept = flag_conversation(conversation_id=conversation.pk, reason=wrong, turn=3, by=None)
    lost = flag_conversation(conversation_id=conversation.pk, reason=wrong, turn=1, by=None)
    messages = [{"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]
    save_edit(conversation_id=conversation.pk, version=1, messages=messages, by=None)
    assert Flag.objects.get(pk=kept.pk).turn == 1
    assert Flag.objects.get(pk=lost.pk).turn is None
    assert_tallies_match()


def test_the_hooks_hear_of_every_change_of_the_text() -> None:
    heard: list[tuple[int, str, str]] = []
    TEXT_CHANGED_HOOKS.append(lambda *change: heard.append(change))
    try:
        conversation = make_conversation(messages=chat("a", "b"))
        edit(conversation, "a", "b")
        edit(conversation, "a", "c")
    finally:
        TEXT_CHANGED_HOOKS.pop()
    assert [change[0] for change in heard] == [conversation.pk]
    assert '"b"' in heard[0][1]
    assert '"c"' in heard[0][2]


def test_what_is_in_the_trash_cannot_be_changed() -> None:
    source = make_source(deleted_at="2026-01-01T00:00Z")
    with pytest.raises(NotFound):
        approve(make_conversation(source))
    with pytest.raises(NotFound):
        resolve_flag(flag_id=404, by=None)
