"""The group Conversation of the bad inputs, by number."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.content.pipeline import ANSWER, GOOD, USER, import_bytes, messages, record, refusal, turn
from webapp.conversations.content.checking import ISSUES, Issue, Token, find_issues, is_customjson, split_codes
from webapp.conversations.content.oddities import find_oddities

pytestmark = pytest.mark.once

SYSTEM, TOOL = turn("system", "Be kind."), turn("tool", "4")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param({"id": 1, "title": "x"}, 'no messages: it has the keys "id", "title"', id="36 no messages"),
        pytest.param({"messages": "Hi"}, "messages is text, not a list", id="37 messages is a string"),
        pytest.param({"messages": None}, "messages is null, not a list", id="37 messages is null"),
        pytest.param({"conversations": {}}, "conversations is an object, not a list", id="37 conversations"),
        pytest.param([], "no messages: the list is empty", id="38 empty list"),
        pytest.param({"messages": []}, "no messages: the list is empty", id="38 empty messages"),
        pytest.param([USER, turn("narrator", "x")], 'message 2: unknown role "narrator" (known', id="39 unknown role"),
        pytest.param([turn("", "x")], "message 1: unknown role", id="39 empty role"),
        pytest.param([USER, {"content": "x"}], "message 2: it has no role", id="39 no role"),
        pytest.param([USER, {"role": 3, "content": "x"}], "message 2: its role is a number", id="39 role a number"),
        pytest.param([USER, {"role": ["user"], "content": "x"}], "its role is a list", id="39 role a list"),
        pytest.param([USER, turn("assistant", None)], "message 2: its content is null", id="40 content null"),
        pytest.param([USER, turn("assistant", None, tool_calls=[])], "content is null", id="40 no calls beside null"),
        pytest.param([turn("user", None, tool_calls=[1])], "message 1: its content is null", id="40 the user's calls"),
        pytest.param([USER, {"role": "assistant"}], "message 2: it has no content", id="40 no content"),
        pytest.param([turn("user", 7)], "message 1: its content is a number", id="41 a number"),
        pytest.param([turn("user", True)], "message 1: its content is true or false", id="41 true"),
        pytest.param([turn("user", {"text": "x"})], "message 1: its content is an object", id="41 an object"),
        pytest.param(
            [turn("user", [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}])],
            'message 1: part 2 is of the unknown type "image_url" (known: text, python',
            id="42 an image",
        ),
        pytest.param([turn("user", ["Hi"])], "message 1: part 1 is text, not an object", id="42 a part is a string"),
        pytest.param([turn("user", [{"text": "Hi"}])], "message 1: part 1 has no type", id="42 a part without type"),
        pytest.param([turn("user", [{"type": "text"}])], "message 1: part 1 has no text", id="42 without text"),
        pytest.param([turn("user", [{"type": "text", "text": 1}])], "text of part 1 is a number", id="42 a number"),
    ],
)  # fmt: skip
def test_refused_with_a_reason(line: Any, reason: str) -> None:
    assert reason in refusal(json.dumps(line))


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("human", "user"), ("gpt", "assistant"), ("model", "assistant"), ("function", "tool"), ("observation", "tool"),
        ("Human", "user"), ("developer", "system"), ("bot", "assistant"), ("user", "user"), ("tool", "tool"),
    ],
)  # fmt: skip
def test_39_usual_names_of_roles_are_known(name: str, role: str) -> None:
    assert messages([turn(name, "x"), turn("user", "y")])[0] == {"role": role, "content": "x"}


def test_40_content_null_beside_tool_calls_is_kept() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1.10, "b": [2]}'}}
    line = {"messages": [USER, turn("assistant", None, tool_calls=[call])]}
    part = {"type": "tool_call", "text": '{"name":"add","arguments":{"a":1.10,"b":[2]}}'}
    assert messages(line) == [USER, turn("assistant", [part])]
    assert json.loads(record(line).metadata) == {
        "messages": {"2": {"tool_calls": {"1": {"id": "call_1", "type": "function"}}}}
    }


def test_42_known_parts_are_kept() -> None:
    types = ("text", "python", "python_output", "reasoning", "tool_call", "tool_result")
    parts = [{"type": kind, "text": f"the {kind}"} for kind in types]
    kept = record([USER, turn("assistant", parts)])
    assert json.loads(kept.text)[1]["content"] == parts
    assert (kept.has_tools, kept.plain, kept.issues) == (True, False, "")


ORDERS: list[tuple[str, list[Any], list[Issue]]] = [
    ("43 two system messages", [SYSTEM, SYSTEM, USER, ANSWER], [Issue("two_system", 1)]),
    ("43 system in the middle", [USER, ANSWER, SYSTEM, USER, ANSWER], [Issue("system_in_middle", 2)]),
    ("43 both", [SYSTEM, USER, ANSWER, SYSTEM], [Issue("two_system", 3), Issue("system_in_middle", 3)]),
    ("44 ends with the user", [USER, ANSWER, USER], [Issue("ends_with_user", 2)]),
    ("45 same role twice", [USER, USER, ANSWER], [Issue("same_role_twice", 1)]),
    ("45 same role around a system message", [USER, SYSTEM, USER, ANSWER],
     [Issue("system_in_middle", 1), Issue("same_role_twice", 2)]),
    ("45 assistant first", [ANSWER, USER, ANSWER], [Issue("assistant_first", 0)]),
    ("46 empty turn", [USER, turn("assistant", "")], [Issue("empty_turn", 1)]),
    ("46 blank turn", [turn("user", " \n\u3000"), ANSWER], [Issue("empty_turn", 0)]),
    ("46 no parts", [USER, turn("assistant", [])], [Issue("empty_turn", 1)]),
    ("46 empty parts", [USER, turn("assistant", [{"type": "text", "text": " "}] * 2)], [Issue("empty_turn", 1)]),
    ("46 one message", [USER], [Issue("one_message", 0), Issue("ends_with_user", 0)]),
    ("46 one message after a system message", [SYSTEM, ANSWER], [Issue("one_message", 0), Issue("assistant_first", 1)]),
    ("46 only a system message", [SYSTEM], [Issue("one_message", 0)]),
    ("a tool turn after the user", [USER, TOOL, ANSWER], [Issue("tool_turn", 1)]),
    ("fine", [USER, ANSWER], []),
    ("a leading system message is fine", [SYSTEM, USER, ANSWER], []),
]  # fmt: skip


@pytest.mark.parametrize(("turns", "issues"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_43_to_46_imported_with_a_format_issue(turns: list[Any], issues: list[Issue]) -> None:
    for line in (turns, {"messages": turns}, {"messages": turns, "id": 1}):
        kept = record(line)
        assert json.loads(kept.text) == turns
        assert find_issues(json.loads(kept.text)) == issues
        assert set(split_codes(kept.issues)) == {issue.code for issue in issues}
        assert kept.plain is is_customjson(json.loads(kept.text))
    assert all(issue.label for issue in issues)


def test_all_codes_together_fit_their_column() -> None:
    assert len(f",{','.join(ISSUES)},") <= 200


def test_47_5000_turns_are_imported() -> None:
    kept = record([USER, ANSWER] * 2500)
    assert (kept.turns, kept.issues, kept.characters) == (5000, "", 2500 * 7)


def test_48_the_same_line_twice_has_the_same_hash() -> None:
    writings = [[USER, ANSWER], {"messages": [USER, ANSWER], "id": 5}, {"prompt": "Hi", "completion": "Hello"}]
    assert len({record(line).hash for line in writings}) == 1


def test_49_forms_mixed_in_one_file_are_told_apart(tmp_path: Path) -> None:
    lines = [
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
        {"messages": [USER, ANSWER]},
        {"instruction": "Hi", "input": "", "output": "Hello"},
        [USER, ANSWER],
        {"prompt": "Hi", "completion": "Hello"},
    ]
    result = import_bytes(tmp_path, b"\n".join(json.dumps(line).encode() for line in lines))
    names = ["ShareGPT", "OpenAI messages", "Alpaca", "CustomJSON", "prompt and completion"]
    assert [kept.format for kept in result.accepted] == names
    assert set(result.texts) == {GOOD.decode()}


@pytest.mark.parametrize(
    "token",
    [
        "<|im_end|>", "<|assistant_start|>", "<|endoftext|>", "<|eot_id|>", "[INST]", "[/INST]", "<<SYS>>",
        "<start_of_turn>", "<｜end▁of▁sentence｜>",
    ],
)  # fmt: skip
def test_50_template_tokens_are_found(token: str) -> None:
    plain = record([USER, turn("assistant", f"Sure.{token} Bye")])
    assert plain.tokens == (Token(token, 1),)
    assert plain.issues == ""
    parts = record([USER, turn("assistant", [{"type": "text", "text": token}, {"type": "text", "text": token}])])
    assert parts.tokens == (Token(token, 1),)
    escaped = json.dumps([USER, turn("assistant", token)]).replace("<", "\\u003c")
    assert record(json.loads(escaped)).tokens == plain.tokens


def test_50_other_signs_are_no_tokens() -> None:
    texts = ["<<48/2=24>>", "a <| b |> c", "Not <s>old</s> new", "x[INSTANCE]", "<|", "if a<b and c>d"]
    assert not any(record([USER, turn("assistant", text)]).tokens for text in texts)
    assert record([USER, turn("assistant", "Sure.</s>")]).tokens == (Token("</s>", 1),)


def test_51_unseen_characters_are_kept_and_listed() -> None:
    text = "abc\u202edcb\u200b\ufeff \x07é\n\tend"
    assert messages([turn("user", text), ANSWER])[0]["content"] == text
    assert [(odd.position, odd.code, odd.name) for odd in find_oddities(text)] == [
        (3, "U+202E", "right-to-left override"),
        (7, "U+200B", "zero-width space"),
        (8, "U+FEFF", "zero-width no-break space (BOM)"),
        (10, "U+0007", "control character U+0007"),
    ]
    assert [odd.code for odd in find_oddities("👩\u200d🚀 a\u200db")] == ["U+200D"]
