"""What the editor sends is held to the same rules as an import."""

from typing import Any

import pytest

from tests.conversations.content.pipeline import ANSWER, USER, turn
from webapp.conversations.content.editing import check_edited
from webapp.conversations.content.shapes import BadMessages

pytestmark = pytest.mark.once


def part(kind: str, text: Any, **others: Any) -> dict[str, Any]:
    return {"type": kind, "text": text, **others}


@pytest.mark.parametrize(
    ("messages", "turn_at_fault", "reason"),
    [
        (None, None, "messages is null, not a list"),
        ("x", None, "messages is text, not a list"),
        ([], None, "no messages"),
        ([USER, "x"], 1, "it is text, not an object"),
        ([{"content": "x"}], 0, "it has no role"),
        ([{"role": "user"}], 0, "it has no content"),
        ([USER, turn("narrator", "x")], 1, "unknown role"),
        ([turn("user", None)], 0, "its content is null"),
        ([turn("user", 5)], 0, "its content is a number"),
        ([turn("user", "x", name="ada")], 0, 'unknown key "name"'),
        ([USER, turn("assistant", [part("image", "x")])], 1, 'part 1 is of the unknown type "image"'),
        ([USER, turn("assistant", [part("text", 5)])], 1, "the text of part 1 is a number"),
        ([USER, turn("assistant", [part("text", "x", id=1)])], 1, 'part 1 has the unknown key "id"'),
        ([USER, turn("assistant", "a\0b")], 1, "its text has the character NUL at character 2"),
        ([USER, turn("assistant", "\ud83d")], 1, "its text has half a character"),
        ([USER, turn("assistant", [part("text", "x"), part("python", "ab\0")])], 1, "part 2 has the character NUL"),
    ],
)
def test_what_an_import_refuses_the_editor_refuses(messages: Any, turn_at_fault: int | None, reason: str) -> None:
    with pytest.raises(BadMessages, match=reason) as error:
        check_edited(messages)
    assert error.value.turn == turn_at_fault


def test_what_is_right_comes_back_with_its_keys_in_order() -> None:
    sent = [{"content": "Hi", "role": "human"}, {"content": [{"text": "x", "type": "python"}], "role": "assistant"}]
    checked = check_edited(sent)
    assert checked == [USER, turn("assistant", [part("python", "x")])]
    assert [list(message) for message in checked] == [["role", "content"]] * 2


def test_a_format_issue_is_no_error() -> None:
    assert check_edited([ANSWER, turn("tool", ""), turn("user", [])])
