"""The forms that lines are written in, as real files use them, and what becomes of their other keys."""

import json
from typing import Any

import pytest

from tests.conversations.content.pipeline import ANSWER, USER, messages, record, refusal, turn
from webapp.conversations.content.records import record_of, record_of_messages
from webapp.conversations.content.shapes import ROLES, BadLine, Message

pytestmark = pytest.mark.once


def metadata(line: Any) -> Any:
    return json.loads(record(line).metadata or "{}")


def part(kind: str, text: str) -> dict[str, str]:
    return {"type": kind, "text": text}


def valued(kind: str, value: str) -> dict[str, str]:
    return {"type": kind, "value": value}


def test_customjson_is_kept_as_it_is() -> None:
    gsm8k = [part("text", "6*8="), part("python", "6*8"), part("python_output", "48"), part("text", "")]
    lines = [[USER, ANSWER], [USER, turn("assistant", gsm8k)], [turn("user", [part("text", "Hi")]), ANSWER]]
    for line in lines:
        kept = record(line)
        assert (json.loads(kept.text), kept.format, kept.converted) == (line, "CustomJSON", ())
    assert record(lines[0]).plain
    assert not record(lines[2]).plain


def test_openai_messages_with_other_keys() -> None:
    line = {
        "id": 7, "subject": "physics" * 30, "price": {"eur": 1.5},
        "messages": [turn("system", "Be kind."), turn("user", "Hi", name="ada"), turn("assistant", "Hello", weight=0)],
    }  # fmt: skip
    kept = record(line)
    assert messages(line) == [turn("system", "Be kind."), USER, ANSWER]
    assert (kept.format, kept.has_system, kept.plain, len(kept.subject)) == ("OpenAI messages", True, False, 100)
    assert metadata(line) == {
        "id": 7, "subject": "physics" * 30, "price": {"eur": 1.5},
        "messages": {"2": {"name": "ada"}, "3": {"weight": 0}},
    }  # fmt: skip


def test_openai_tool_calls_become_one_turn_of_the_assistant() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"x": 1}'}},
        {"id": "b", "type": "function", "function": {"name": "say", "arguments": "not JSON", "strict": True}},
    ]
    line = {
        "messages": [
            USER,
            turn("assistant", "Let me see.", tool_calls=calls),
            turn("tool", "2", tool_call_id="a"),
            turn("tool", "", tool_call_id="b"),
            turn("assistant", "It is 2."),
            turn("user", "Thanks"),
            turn("assistant", None, function_call={"name": "bye", "arguments": "{}"}),
            turn("function", [part("text", "done")], name="bye"),
        ]
    }
    first = [
        part("text", "Let me see."),
        part("tool_call", '{"name":"add","arguments":{"x":1}}'),
        part("tool_call", '{"name":"say","arguments":"not JSON"}'),
        part("tool_result", "2"),
        part("tool_result", ""),
        part("text", "It is 2."),
    ]
    last = [part("tool_call", '{"name":"bye","arguments":{}}'), part("tool_result", "done")]
    assert messages(line) == [USER, turn("assistant", first), turn("user", "Thanks"), turn("assistant", last)]
    kept = record(line)
    assert (kept.issues, kept.has_tools, kept.turns) == ("", True, 4)
    assert "tool turns joined to the assistant's turn" in kept.converted
    others = metadata(line)["messages"]
    assert others["2"]["tool_calls"]["2"] == {"id": "b", "type": "function", "function": {"strict": True}}
    assert (others["3"], others["8"]) == ({"tool_call_id": "a"}, {"name": "bye"})


def test_two_answers_in_a_row_are_joined_only_across_a_tool_turn() -> None:
    line = [USER, ANSWER, turn("tool", "4"), ANSWER, ANSWER]
    kept = record(line)
    assert (kept.turns, kept.issues) == (3, ",same_role_twice,")


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ("x", "message 1: tool_calls is text, not a list"),
        ([1], "message 1: tool call 1 is a number, not an object"),
        ([{"function": 1}], "message 1: the function of tool call 1 is a number"),
        ([{"function": {"name": "a"}}, {"type": "custom"}], "message 1: tool call 2 has no name"),
    ],
)
def test_bad_tool_calls_are_named(calls: Any, reason: str) -> None:
    assert reason in refusal(json.dumps({"messages": [turn("assistant", None, tool_calls=calls)]}))


def test_arguments_with_a_key_twice_stay_the_text_that_they_are() -> None:
    call = {"function": {"name": "f", "arguments": '{"a":1,"a":2}'}}
    content = messages([USER, turn("assistant", None, tool_calls=[call])])[1]["content"]
    assert content == [part("tool_call", '{"name":"f","arguments":"{\\"a\\":1,\\"a\\":2}"}')]


def test_content_parts_with_value() -> None:
    line = {
        "messages": [
            {"role": "user", "content": [valued("text", "hi")], "loss_weight": 0.0},
            {"role": "assistant", "content": [valued("text", "Hello!")], "loss_weight": 1.0},
        ]
    }
    kept = record(line)
    assert messages(line) == [turn("user", "hi"), turn("assistant", "Hello!")]
    assert (kept.plain, kept.converted) == (True, ("single text parts as plain text",))
    assert metadata(line) == {"messages": {"1": {"loss_weight": 0.0}, "2": {"loss_weight": 1.0}}}


def test_reasoning_and_tool_use_in_parts() -> None:
    call = '{"name": "find", "arguments": {"title": "Inception"}}'
    line = {
        "messages": [
            {"role": "system", "content": [valued("text", "Use the tools.")]},
            {"role": "user", "content": [valued("text", "Tell me")]},
            {"role": "assistant", "content": [valued("reasoning", "Hm."), valued("tool_call", call)]},
            {"role": "tool", "content": [valued("text", "2010")]},
            {"role": "assistant", "content": [valued("reasoning", "So."), {**valued("text", "2010."), "cache": 1}]},
        ],
        "tools": "[]",
    }
    parts = [
        part("reasoning", "Hm."), part("tool_call", call), part("tool_result", "2010"),
        part("reasoning", "So."), part("text", "2010."),
    ]  # fmt: skip
    assert messages(line) == [turn("system", "Use the tools."), turn("user", "Tell me"), turn("assistant", parts)]
    assert metadata(line) == {"tools": "[]", "messages": {"5": {"content": {"2": {"cache": 1}}}}}


def test_sharegpt_with_system_tools_and_calls() -> None:
    line = {
        "id": "identity_0",
        "system": "You have tools.",
        "tools": "[...]",
        "conversations": [
            {"from": "human", "value": "What is 2+2?"},
            {"from": "function_call", "value": '{"name": "add", "arguments": {"a": 2}}'},
            {"from": "observation", "value": "4"},
            {"from": "gpt", "value": "4.", "weight": 1},
        ],
    }
    kept = record(line)
    parts = [part("tool_call", '{"name":"add","arguments":{"a":2}}'), part("tool_result", "4"), part("text", "4.")]
    assert json.loads(kept.text) == [
        turn("system", "You have tools."), turn("user", "What is 2+2?"), turn("assistant", parts),
    ]  # fmt: skip
    assert (kept.format, kept.issues) == ("ShareGPT", "")
    assert "system text as first message" in kept.converted
    assert metadata(line) == {"id": "identity_0", "tools": "[...]", "messages": {"4": {"weight": 1}}}


def test_sharegpt_without_its_object() -> None:
    kept = record([{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}])
    assert (kept.format, json.loads(kept.text)) == ("ShareGPT", [USER, ANSWER])


def test_alpaca_with_and_without_input() -> None:
    line = {"instruction": "Add.", "input": "1 and 1", "output": "2", "id": 3}
    assert messages(line) == [turn("user", "Add.\n\n1 and 1"), turn("assistant", "2")]
    assert record(line).converted == ("instruction and input joined",)
    assert metadata(line) == {"id": 3}
    for empty in ({"input": ""}, {"input": None}, {}):
        kept = record({"instruction": "hi", "output": "Hello!", **empty})
        assert json.loads(kept.text) == [turn("user", "hi"), turn("assistant", "Hello!")]
        assert kept.plain


def test_alpaca_with_system_and_history() -> None:
    line = {"instruction": "c", "input": "", "output": "d", "system": "s", "history": [["a", "b"]]}
    roles = ["system", "user", "assistant", "user", "assistant"]
    assert messages(line) == [turn(role, text) for role, text in zip(roles, "sabcd", strict=True)]
    assert not record(line).metadata


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"instruction": None, "output": "x"}, "instruction is null, not text"),
        ({"instruction": "x", "output": ["y"]}, "output is a list, not text"),
        ({"instruction": "x", "output": "y", "history": [["a"]]}, "history, entry 1: not a pair of texts"),
        ({"prompt": "x", "completion": 5}, "completion is a number, not text"),
        ({"prompt": "x", "chosen": "y", "rejected": "z"}, "no messages"),
        ({"question": "x", "answer": "y"}, 'no messages: it has the keys "question", "answer"; expected'),
    ],
)
def test_bad_fields_are_named(line: Any, reason: str) -> None:
    assert reason in refusal(json.dumps(line))


def test_prompt_and_completion() -> None:
    assert messages({"prompt": "Hi", "completion": "Hello"}) == [USER, ANSWER]
    assert messages({"prompt": [USER], "completion": [ANSWER]}) == [USER, ANSWER]
    transcript = {"prompt": "Human: Hi\nAssistant: Hello\nHuman: a\n\nb\nAssistant:", "completion": " c"}
    assert messages(transcript) == [USER, ANSWER, turn("user", "a\n\nb"), turn("assistant", "c")]
    assert record(transcript).converted == ("transcript split into turns",)


@pytest.mark.parametrize(
    "prompt", ["Human: a\nHuman: b\nAssistant:", "Human: a\nAssistant: b", "See\nHuman: a\nAI:", ""]
)
def test_a_prompt_that_is_no_whole_transcript_stays_one_turn(prompt: str) -> None:
    assert messages({"prompt": prompt, "completion": "x"})[0]["content"] == prompt


def test_a_value_at_hand_follows_the_same_rules() -> None:
    kept = record_of({"messages": [USER, ANSWER], "letters": ["A", "B"], "subject": "anatomy"})
    assert (kept.subject, kept.metadata) == ("anatomy", '{"letters":["A","B"],"subject":"anatomy"}')
    for bad in ([turn("user", "a\0b")], [turn("user", "\ud800")], [turn("user", object())]):
        with pytest.raises(BadLine):
            record_of({"messages": bad})


def test_the_parts_of_a_task_stay_parts() -> None:
    parts = [{"type": "text", "text": "No calculator needed.\n#### 4"}]
    kept = record_of({"messages": [USER, {"role": "assistant", "content": parts}]})
    assert json.loads(kept.text)[1]["content"] == parts
    assert not kept.converted


def test_edited_messages_are_kept_as_they_stand() -> None:
    edited: list[Message] = [
        {"role": role, "content": text} for role, text in zip(ROLES[1:], ("Hi", "", "4"), strict=True)
    ]
    kept = record_of_messages(edited)
    assert json.loads(kept.text) == edited
    assert kept.issues == ",empty_turn,tool_turn,"


def test_a_reason_is_one_line_whatever_it_names() -> None:
    reason = refusal(json.dumps([turn("a\n\u202eb" + "x" * 100, "x")]))
    assert reason.startswith('message 1: unknown role "a\\u000a\\u202ebxxx')
    assert "\n" not in reason
    assert len(reason) < 150


def test_previews_are_one_line_and_short() -> None:
    assert record([turn("system", "s"), turn("user", "a\n\n  b\tc"), ANSWER]).preview == "a b c"
    long = record([turn("user", "word " * 100), ANSWER]).preview
    assert len(long) <= 160
    assert long.endswith("…")
    assert record([ANSWER]).preview == "Hello"
