"""Deciding, flagging, editing and restoring through the browser's forms."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.conversations.actions.review import decide, flag_conversation, save_edit
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Revision, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(make_user(Role.REVIEWER, username="ada"))
    return client


def post(client: Client, conversation: Conversation, action: str, **fields: Any) -> Any:
    fields.setdefault("version", 1)
    sent = {name: value for name, value in fields.items() if value is not None}
    return client.post(f"/conversations/{conversation.pk}/{action}", sent)


def text(response: Any) -> str:
    return str(response.content.decode())


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_related("text").get(pk=conversation.pk)


@pytest.mark.parametrize("action", ["decide", "flag", "restore", "flags/1/resolve"])
def test_an_action_is_no_page(ada: Client, action: str) -> None:
    assert ada.get(f"/conversations/{make_conversation().pk}/{action}").status_code == 405


@pytest.mark.parametrize("word", ["approved", "rejected", "skipped"])
def test_a_decision_and_back(ada: Client, word: str) -> None:
    conversation = make_conversation()
    response = post(ada, conversation, "decide", status=word, note="seen")
    assert response["Location"] == f"/conversations/{conversation.pk}/"
    assert fresh(conversation).get_status_display() == word
    post(ada, conversation, "decide", status="unreviewed", version=2)
    assert [row.note for row in Decision.objects.order_by("pk")] == ["seen", ""]
    assert_history_matches(conversation)
    assert_tallies_match()


def test_then_goes_on_to_the_next_of_the_list(ada: Client) -> None:
    source = make_source()
    first, second = make_conversation(source), make_conversation(source)
    response = post(ada, first, "decide", status="approved", then="next", list="status=unreviewed")
    assert response["Location"] == f"/conversations/{second.pk}/?status=unreviewed"
    response = post(ada, second, "decide", status="approved", then="next", list="status=unreviewed")
    assert response["Location"] == f"/conversations/{second.pk}/?status=unreviewed"
    assert "last one of this list" in text(ada.get(response["Location"]))


def test_a_next_address_leads_nowhere_else(ada: Client) -> None:
    conversation = make_conversation()
    response = post(ada, conversation, "decide", status="approved", next="//evil.example", list="//evil.example")
    assert response["Location"].startswith(f"/conversations/{conversation.pk}/")


@pytest.mark.parametrize(("version", "status"), [(None, 428), ("", 428), ("x", 400), ("0", 400), ("9" * 12, 400)])
def test_a_write_names_its_version(ada: Client, version: str | None, status: int) -> None:
    conversation = make_conversation()
    assert post(ada, conversation, "decide", status="approved", version=version).status_code == status
    assert post(ada, conversation, "edit", version=version, turns=0, start=0, end=0).status_code == status
    assert post(ada, conversation, "restore", version=version, restored=1).status_code == status


@pytest.mark.parametrize("fields", [{}, {"status": "great"}, {"status": "approved", "note": "x" * 501}])
def test_a_bad_decision_is_refused(ada: Client, fields: dict[str, str]) -> None:
    assert post(ada, make_conversation(), "decide", **fields).status_code == 400


def test_a_stale_decision_shows_what_changed(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "old words"))
    bob = make_user(username="bob")
    save_edit(conversation_id=conversation.pk, version=1, messages=chat("a", "new words"), by=bob, reason="better")
    response = post(ada, conversation, "decide", status="approved", note="fine")
    assert response.status_code == 409
    for shown in ("bob", "edited", "better", "<del>old</del>", "<ins>new</ins>", 'name="version" value="2"', "fine"):
        assert shown in text(response)
    assert fresh(conversation).status == Status.UNREVIEWED


def test_approving_past_a_new_flag_shows_the_flag(ada: Client) -> None:
    conversation = make_conversation()
    flag = flag_conversation(conversation_id=conversation.pk, reason=FlagReason.objects.all()[0], by=None, note="look!")
    response = post(ada, conversation, "decide", status="approved", seen_flag=0)
    assert response.status_code == 409
    assert "look!" in text(response)
    assert f'name="seen_flag" value="{flag.pk}"' in text(response)
    assert post(ada, conversation, "decide", status="approved", seen_flag=flag.pk).status_code == 302


def test_a_conversation_with_an_issue_is_not_approved(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "b", "c"), issues=",ends_with_user,")
    response = post(ada, conversation, "decide", status="approved")
    assert response.status_code == 422
    assert "the last answer is missing" in text(response)
    assert post(ada, conversation, "decide", status="rejected").status_code == 302


def test_a_flag_is_set_and_resolved(ada: Client) -> None:
    conversation = make_conversation()
    assert post(ada, conversation, "flag", reason="unsafe", turn=2, note="knife").status_code == 302
    flag = Flag.objects.get()
    assert (flag.turn, flag.note, flag.reason.slug) == (1, "knife", "unsafe")
    assert post(ada, conversation, f"flags/{flag.pk}/resolve").status_code == 302
    assert Flag.objects.get().resolved_by == User.objects.get(username="ada")
    assert post(ada, make_conversation(), f"flags/{flag.pk}/resolve").status_code == 404
    assert_tallies_match()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"reason": "nonsense"}, 400),
        ({"reason": "unsafe", "turn": "0"}, 400),
        ({"reason": "unsafe", "turn": "x"}, 400),
        ({"reason": "unsafe", "note": "x" * 501}, 400),
        ({"reason": "unsafe", "turn": "3"}, 422),
    ],
)
def test_a_bad_flag_is_refused_and_kept_in_the_form(ada: Client, fields: dict[str, str], status: int) -> None:
    response = post(ada, make_conversation(), "flag", **fields)
    assert response.status_code == status
    assert not Flag.objects.exists()


def test_restoring_and_a_stale_restore(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "b"))
    save_edit(conversation_id=conversation.pk, version=1, messages=chat("a", "c"), by=None)
    assert post(ada, conversation, "restore", version=1, restored=1).status_code == 409
    assert post(ada, conversation, "restore", version=2, restored=1).status_code == 302
    assert json.loads(fresh(conversation).text.messages) == chat("a", "b")
    assert post(ada, conversation, "restore", version=3, restored=9).status_code == 404
    assert post(ada, conversation, "restore", version=3, restored="x").status_code == 400


def test_the_history_tells_everything_and_compares_any_two(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "one word here"))
    bob = make_user(username="bob")
    save_edit(conversation_id=conversation.pk, version=1, messages=chat("a", "two word here"), by=bob, reason="typo")
    decide(conversation_id=conversation.pk, version=2, status=Status.APPROVED, by=bob, note="good now")
    flag_conversation(conversation_id=conversation.pk, reason=FlagReason.objects.all()[0], by=bob)
    save_edit(conversation_id=conversation.pk, version=3, messages=chat("a", "three word here", "b"), by=bob)
    address = f"/conversations/{conversation.pk}/history"
    shown = text(ada.get(address))
    for part in (
        "imported with",
        "typo",
        "good now",
        "flagged it",
        "the approval ended",
        "<ins>three</ins>",
        "+ added",
    ):
        assert part in shown
    assert "<del>one</del>" in text(ada.get(address + "?old=1&new=2"))
    assert "No difference" in text(ada.get(address + "?old=2&new=3"))
    assert ada.get(address + "?old=1&new=99").status_code == 404
    assert ada.get(address + "?old=x").status_code == 400


def test_two_saves_of_the_same_are_one_revision(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "b"))
    fields = {"turns": 2, "start": 0, "end": 2, "role-0": "user", "text-0": "a", "role-1": "assistant", "text-1": "c"}
    assert post(ada, conversation, "edit", **fields).status_code == 302
    assert post(ada, conversation, "edit", **fields, do="save").status_code == 409
    assert Revision.objects.count() == 1
