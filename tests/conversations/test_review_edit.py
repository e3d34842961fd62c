"""The edit form: fields, buttons, stretches, conflicts."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_user
from webapp.accounts.models import Role
from webapp.conversations.actions.review import flag_conversation, save_edit
from webapp.conversations.drafts import LONGEST_TURN, stretches
from webapp.conversations.models import Conversation, FlagReason, Revision, Status

pytestmark = pytest.mark.django_db
Fields = dict[str, str]


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(make_user(Role.REVIEWER, username="ada"))
    return client


class FormReader(HTMLParser):
    """The fields of the edit form as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: Fields = {}
        self._inside = False
        self._area = self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("class") == "edit-form"
        if not self._inside:
            return
        if tag == "input":
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._area = given["name"]
            self.fields[self._area] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given.get("value", "\0")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            value = self.fields[self._area].removeprefix("\n")
            self.fields[self._area] = value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data
        elif self._select and self.fields.get(self._select) == "\0":
            self.fields[self._select] = data


def open_form(client: Client, conversation: Conversation, query: str = "") -> Fields:
    response = client.get(f"/conversations/{conversation.pk}/edit{query}")
    assert response.status_code == 200
    return FormReader(response.content.decode()).fields


def press(client: Client, conversation: Conversation, fields: Fields, button: str) -> Fields:
    response = send(client, conversation, fields, button)
    assert response.status_code == 200
    return FormReader(response.content.decode()).fields


def send(client: Client, conversation: Conversation, fields: Fields, button: str = "save") -> Any:
    return client.post(f"/conversations/{conversation.pk}/edit", {**fields, "do": button})


def stored(conversation: Conversation) -> Any:
    return json.loads(Conversation.objects.select_related("text").get(pk=conversation.pk).text.messages)


def test_an_untouched_form_changes_nothing(ada: Client) -> None:
    odd = "\n\n lead and trail \r\nmixed\rends\t \u202e\n"
    parts = [{"type": "text", "text": odd}, {"type": "python", "text": "1\r\n2"}]
    conversation = make_conversation(messages=[*chat(odd, "b"), {"role": "user", "content": parts}])
    assert send(ada, conversation, open_form(ada, conversation)).status_code == 302
    assert not Revision.objects.exists()


def test_texts_roles_and_reason(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "b"))
    fields = open_form(ada, conversation) | {"text-1": "line\r\nline", "role-0": "system", "reason": "clearer"}
    assert send(ada, conversation, fields).status_code == 302
    assert stored(conversation) == [
        {"role": "system", "content": "a"},
        {"role": "assistant", "content": "line\nline"},
    ]
    assert Revision.objects.get().reason == "clearer"
    assert_tallies_match()
    assert_history_matches(conversation)


def test_buttons_rearrange_turns_without_saving(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "b", "c", "d"))
    fields = open_form(ada, conversation)
    for button in ("insert-1", "delete-3", "up-1", "down-0", "insert-4"):
        fields = press(ada, conversation, fields, button)
    assert stored(conversation) == chat("a", "b", "c", "d")
    texts = [fields[f"text-{index}"] for index in range(int(fields["turns"]))]
    assert texts == ["a", "", "b", "d", ""]
    assert fields["role-1"] == "assistant"
    assert send(ada, conversation, fields | {"text-1": "x", "role-4": "user", "text-4": "y"}).status_code == 302
    assert [message["content"] for message in stored(conversation)] == ["a", "x", "b", "d", "y"]


def test_buttons_work_on_typed_parts(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "12"))
    fields = press(ada, conversation, open_form(ada, conversation), "to-parts-1")
    for button in ("part-add-1", "part-add-1", "part-up-1-1"):
        fields = press(ada, conversation, fields, button)
    fields |= {"type-1-0": "python", "text-1-0": "6+6", "type-1-1": "python_output", "text-1-2": "gone"}
    fields = press(ada, conversation, fields, "part-delete-1-2")
    assert send(ada, conversation, fields).status_code == 302
    parts = [{"type": "python", "text": "6+6"}, {"type": "python_output", "text": "12"}]
    assert stored(conversation)[1]["content"] == parts
    fields = press(ada, conversation, open_form(ada, conversation), "to-text-1")
    assert fields["text-1"] == "6+612"


def test_what_a_text_box_hides_is_named_above_it(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a\u202eb\u200b", "plain"))
    shown = ada.get(f"/conversations/{conversation.pk}/edit").content.decode()
    assert "right-to-left override" in shown
    assert shown.count("Not to be seen") == 1


def test_a_press_gives_only_the_form_to_htmx(ada: Client) -> None:
    conversation = make_conversation()
    fields = open_form(ada, conversation) | {"do": "insert-0"}
    headers = {"HX-Request": "true", "HX-Target": "editor"}
    response = ada.post(f"/conversations/{conversation.pk}/edit", fields, headers=headers)
    assert b"<html" not in response.content
    assert b'name="text-2"' in response.content


def test_save_and_approve(ada: Client) -> None:
    conversation = make_conversation()
    fields = open_form(ada, conversation) | {"text-1": "better"}
    assert send(ada, conversation, fields, "approve").status_code == 302
    conversation.refresh_from_db()
    assert (conversation.status, conversation.version) == (Status.APPROVED, 3)


def test_an_issue_is_saved_named_and_not_approved(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "b"))
    fields = open_form(ada, conversation) | {"role-1": "user"}
    refused = send(ada, conversation, fields, "approve")
    assert refused.status_code == 422
    assert "The same role twice in a row" in refused.content.decode()
    saved = send(ada, conversation, fields)
    shown = ada.get(saved["Location"]).content.decode()
    assert "turn 2: The same role twice in a row" in shown
    assert "! The same role twice in a row" in shown


def test_a_stale_save_keeps_the_own_text_beside_theirs(ada: Client) -> None:
    conversation = make_conversation(messages=chat("question", "first answer"))
    fields = open_form(ada, conversation) | {"text-1": "my answer", "reason": "mine"}
    save_edit(conversation_id=conversation.pk, version=1, messages=chat("question", "their answer"), by=None)
    response = send(ada, conversation, fields)
    shown = response.content.decode()
    assert response.status_code == 409
    for part in ("<del>their</del>", "<ins>my</ins>", "Save mine over version 2"):
        assert part in shown
    again = FormReader(shown).fields
    assert (again["version"], again["text-1"], again["reason"]) == ("2", "my answer", "mine")
    assert stored(conversation)[1]["content"] == "their answer"
    assert send(ada, conversation, again).status_code == 302
    assert stored(conversation)[1]["content"] == "my answer"
    assert_history_matches(conversation)


def test_a_stale_stretch_lands_in_its_place(ada: Client) -> None:
    conversation = make_conversation(messages=chat(*(f"turn {number}" for number in range(600))))
    fields = open_form(ada, conversation, "?turn=250") | {"text-0": "mine"}
    start = int(fields["start"])
    messages = stored(conversation)[2:]
    save_edit(conversation_id=conversation.pk, version=1, messages=messages, by=None)
    again = FormReader(send(ada, conversation, fields).content.decode()).fields
    assert int(again["start"]) == start - 2
    assert send(ada, conversation, again).status_code == 302
    saved = stored(conversation)
    assert len(saved) == 598
    assert saved[start - 2]["content"] == "mine"
    assert saved[start - 1]["content"] == f"turn {start + 1}"


def test_approving_an_edit_past_a_new_flag_is_a_conflict(ada: Client) -> None:
    conversation = make_conversation()
    fields = open_form(ada, conversation) | {"text-1": "mine"}
    flag_conversation(conversation_id=conversation.pk, reason=FlagReason.objects.all()[0], by=None)
    response = send(ada, conversation, fields, "approve")
    assert response.status_code == 409
    assert send(ada, conversation, FormReader(response.content.decode()).fields, "approve").status_code == 302


def test_a_long_conversation_is_edited_in_stretches(ada: Client) -> None:
    conversation = make_conversation(messages=chat(*(f"turn {number}" for number in range(5000))))
    fields = open_form(ada, conversation, "?turn=4999")
    assert len(fields) < 1000
    name = next(name for name, value in fields.items() if value == "turn 4998")
    assert send(ada, conversation, fields | {name: "changed"}).status_code == 302
    saved = stored(conversation)
    assert (len(saved), saved[4998]["content"], saved[0]["content"]) == (5000, "changed", "turn 0")


def test_a_turn_of_400_parts_fills_a_form_alone(ada: Client) -> None:
    parts = [{"type": "text", "text": f"part {number} "} for number in range(400)]
    answer = [*chat("a"), {"role": "assistant", "content": parts}, *chat("c")]
    conversation = make_conversation(messages=answer)
    fields = open_form(ada, conversation, "?turn=2")
    grown = FormReader(send(ada, conversation, fields, "part-add-0").content.decode()).fields
    assert len(grown) < 950
    assert send(ada, conversation, grown | {"text-0-399": "changed", "text-0-400": "added"}).status_code == 302
    saved = stored(conversation)[1]["content"]
    assert (len(saved), saved[399]["text"], saved[400]["text"]) == (401, "changed", "added")


def test_a_turn_that_no_form_can_hold_is_left_alone(ada: Client) -> None:
    conversation = make_conversation(messages=chat("a", "x" * (LONGEST_TURN + 1), "c"))
    assert [stretch.editable for stretch in stretches(stored(conversation))] == [True, False, True]
    assert "too long to be edited" in ada.get(f"/conversations/{conversation.pk}/edit?turn=2").content.decode()
    fields = open_form(ada, conversation, "?turn=3") | {"text-0": "d"}
    assert send(ada, conversation, fields).status_code == 302
    assert [len(message["content"]) for message in stored(conversation)] == [1, LONGEST_TURN + 1, 1]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"do": "explode-1"}, 400),
        ({"do": "delete-7"}, 400),
        ({"do": "part-add-1"}, 400),
        ({"turns": "x"}, 400),
        ({"turns": "9"}, 400),
        ({"turns": "99999"}, 400),
        ({"end": "5"}, 400),
        ({"version": "7"}, 400),
        ({"role-0": "robot"}, 422),
        ({"text-0": "a\0b"}, 422),
        ({"turns": "0"}, 422),
    ],
)
def test_a_form_that_no_page_of_ours_sends_is_refused(ada: Client, changes: Fields, status: int) -> None:
    conversation = make_conversation()
    fields = open_form(ada, conversation) | {"do": "save"} | changes
    assert ada.post(f"/conversations/{conversation.pk}/edit", fields).status_code == status
    assert not Revision.objects.exists()


def test_a_form_of_1001_fields_is_refused(ada: Client) -> None:
    conversation = make_conversation()
    fields = open_form(ada, conversation) | {f"x{number}": "" for number in range(1001)}
    assert send(ada, conversation, fields).status_code == 400
