"""Lowering: every choice, what is said to have been done, and what is dropped."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_core.customjson import check_line, check_messages
from tasks_core.errors import BadArgumentError
from tasks_core.gsm8k import split_answer
from tasks_core.lowering import (
    CHANGES,
    DROP_REASONS,
    REASONING_CHOICES,
    SYSTEM_CHOICES,
    TOOL_CHOICES,
    Dropped,
    Lowered,
    lower,
)

Content = str | list[dict[str, str]]


def say(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def part(kind: str, text: str) -> dict[str, str]:
    return {"type": kind, "text": text}


def answer_with(*parts: tuple[str, str], **choices: str) -> tuple[str, tuple[str, ...]]:
    """Lower an answer of these parts; return its text and what was done."""
    result = lower([say("user", "?"), say("assistant", [part(*pair) for pair in parts])], **choices)
    assert isinstance(result, Lowered), result
    assert result.messages[0] == say("user", "?")
    return result.messages[1]["content"], result.changes


def test_a_plain_conversation_is_returned_itself() -> None:
    messages = [say("user", "Hi"), say("assistant", "Hello")] * 3
    result = lower(messages)
    assert result == Lowered(messages, ())
    assert isinstance(result, Lowered)
    assert result.messages is messages


def test_a_system_message_goes_in_front_of_the_first_user_message() -> None:
    messages = [say("system", "Be brief."), say("user", "Hi"), say("assistant", "Hello")]
    before = copy.deepcopy(messages)
    assert lower(messages) == Lowered([say("user", "Be brief.\n\nHi"), say("assistant", "Hello")], ("system_merged",))
    assert messages == before
    dropped = lower(messages, system="drop_example")
    assert dropped == Dropped("system_message", "The conversation has a system message (message 1).")


def test_parts_of_text_are_joined_in_any_turn() -> None:
    texts = [part("text", "a"), part("text", ""), part("text", "b")]
    messages = [say("system", texts), say("user", texts), say("assistant", texts)]
    assert lower(messages) == Lowered(
        [say("user", "ab\n\nab"), say("assistant", "ab")], ("system_merged", "parts_joined")
    )


@pytest.mark.parametrize(
    "answer",
    [
        "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n#### 72",
        "<<1+1=2>>",
        "<<1+1=2>><<2+2=4>>",
        "a<<7>>b",
        "<<a=b=c>> <<d=e=>>",
        "<<12*2>>24\n<<'x'.count('x')=1>>1\n\n",
    ],
)
def test_the_notation_gives_gsm8k_its_text_back(answer: str) -> None:
    result = lower([say("user", "?"), say("assistant", split_answer(answer))])
    assert result == Lowered([say("user", "?"), say("assistant", answer)], ("tool_notation",))


@given(st.text(alphabet="<>=ab1 #\n", min_size=1, max_size=40))
def test_the_notation_gives_back_every_answer_of_one_line_calls(answer: str) -> None:
    parts = split_answer(answer)
    calls = [found["text"] for found in parts if found["type"] != "text"]
    call_without_result = "=>>" in answer.replace("<<=>>", "")
    if not answer.strip() or any("\n" in text for text in calls) or call_without_result:
        return
    result = lower([say("user", "?"), say("assistant", parts)])
    assert isinstance(result, Lowered)
    assert result.messages[1]["content"] == answer


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("python", "x = 1\nx"), ("python_output", "1")], "```python\nx = 1\nx\n```\n```output\n1\n```"),
        ([("python", "f()"), ("python_output", "1\n2")], "```python\nf()\n```\n```output\n1\n2\n```"),
        ([("python", "3>2"), ("python_output", "True")], "```python\n3>2\n```\n```output\nTrue\n```"),
        ([("python", "f()"), ("python_output", "a=1")], "```python\nf()\n```\n```output\na=1\n```"),
        ([("text", "See: "), ("python", "f()"), ("text", "Done.")], "See: \n```python\nf()\n```\nDone."),
        ([("text", "See:\n"), ("python_output", "5\n"), ("text", "\nDone.")], "See:\n```output\n5\n```\nDone."),
        (
            [("tool_call", '{"name":"f","arguments":{}}'), ("tool_result", "ok"), ("text", "Done.")],
            '```tool_call\n{"name":"f","arguments":{}}\n```\n```tool_result\nok\n```\nDone.',
        ),
        ([("python", "s = '''\n```\n'''")], "````python\ns = '''\n```\n'''\n````"),
    ],
)
def test_what_the_notation_cannot_hold_becomes_fenced_blocks(parts: list[tuple[str, str]], text: str) -> None:
    assert answer_with(*parts) == (text, ("tool_fences",))


def test_notation_and_blocks_stand_side_by_side() -> None:
    text, changes = answer_with(
        ("text", "So "),
        ("python", "1+1"),
        ("python_output", "2"),
        ("python", "a\nb"),
        ("python", "2"),
        ("python_output", "2"),
    )
    assert text == "So <<1+1=2>>\n```python\na\nb\n```\n<<2=2>>"
    assert changes == ("tool_notation", "tool_fences")


def test_text_only_leaves_tool_parts_out() -> None:
    parts = [
        ("text", "a "),
        ("python", "1"),
        ("python_output", "1"),
        ("tool_call", "{}"),
        ("tool_result", ""),
        ("text", "b"),
    ]
    assert answer_with(*parts, tools="text_only") == ("a b", ("tool_parts_left_out",))


def test_reasoning_is_left_out_or_put_between_tags() -> None:
    parts = [("reasoning", "Let me see."), ("text", "Yes.")]
    assert answer_with(*parts) == ("Yes.", ("reasoning_left_out",))
    assert answer_with(*parts, reasoning="think_tags") == (
        "<think>\nLet me see.\n</think>\n\nYes.",
        ("reasoning_think_tags",),
    )


@pytest.mark.parametrize("kind", ["python", "python_output", "tool_call", "tool_result"])
def test_tool_parts_may_drop_the_conversation(kind: str) -> None:
    messages = [say("user", "?"), say("assistant", [part("text", "x"), part(kind, "1")])]
    assert lower(messages, tools="drop_example") == Dropped(
        "tool_parts", "The conversation has tool parts (message 2)."
    )


def test_reasoning_may_drop_the_conversation() -> None:
    messages = [say("user", "?"), say("assistant", [part("reasoning", "x"), part("text", "1")])]
    assert lower(messages, reasoning="drop_example") == Dropped(
        "reasoning", "The conversation has reasoning (message 2)."
    )


def roles(letters: str) -> list[dict[str, Any]]:
    names = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    return [say(names[letter], "x") for letter in letters]


@pytest.mark.parametrize(
    ("messages", "reason", "number"),
    [
        ([], "one_message", None),
        (roles("u"), "one_message", None),
        (roles("su"), "one_message", None),
        (roles("au"), "assistant_first", 1),
        (roles("sau"), "assistant_first", 2),
        (roles("ssua"), "two_system", 2),
        (roles("suasua"), "two_system", 4),
        (roles("uasua"), "system_in_middle", 3),
        (roles("uua"), "same_role_twice", 2),
        (roles("uaa"), "same_role_twice", 3),
        (roles("uatua"), "tool_turn", 3),
        (roles("uau"), "ends_with_user", 3),
        ([say("user", "x"), say("assistant", "")], "empty_turn", 2),
        ([say("user", " \n"), say("assistant", "x")], "empty_turn", 1),
        ([say("system", ""), *roles("ua")], "empty_turn", 1),
        ([say("user", "x"), say("assistant", [part("reasoning", "x")])], "empty_turn", 2),
        ([say("user", "x"), say("assistant", [])], "empty_turn", 2),
        ([say("user", "x"), say("critic", "x")], "unknown_role", 2),
        ([say("user", "x"), say("assistant", None)], "unknown_content", 2),
        ([say("user", [part("image", "x")]), say("assistant", "x")], "unknown_content", 1),
        ([say("user", [{"type": "text"}]), say("assistant", "x")], "unknown_content", 1),
        ([say("user", ["x"]), say("assistant", "x")], "unknown_content", 1),
    ],
)
def test_what_cannot_be_held_is_dropped_with_its_reason(messages: Any, reason: str, number: int | None) -> None:
    place = f" (message {number})" if number else ""
    assert lower(messages) == Dropped(reason, f"The conversation {DROP_REASONS[reason]}{place}.")


def test_unknown_choices_name_the_allowed_ones() -> None:
    messages = roles("ua")
    with pytest.raises(BadArgumentError, match="system is 'keep'; allowed: merge, drop_example"):
        lower(messages, system="keep")
    with pytest.raises(BadArgumentError, match="tools is ''; allowed: notation, text_only, drop_example"):
        lower(messages, tools="")
    with pytest.raises(BadArgumentError, match="reasoning is None; allowed: leave_out, think_tags, drop_example"):
        lower(messages, reasoning=None)  # type: ignore[arg-type]


TEXT = st.sampled_from(["", "x", " ", "a\nb", "\n", "```", "1>0", "<<", "Ü"])
PART = st.builds(
    part, st.sampled_from(["text", "python", "python_output", "tool_call", "tool_result", "reasoning"]), TEXT
)
MESSAGE = st.builds(say, st.sampled_from(["system", "user", "assistant", "tool"]), TEXT | st.lists(PART, max_size=4))


@given(
    st.lists(MESSAGE, max_size=5)
    | st.lists(MESSAGE, min_size=2, max_size=2).map(
        lambda pair: [pair[0] | {"role": "user"}, pair[1] | {"role": "assistant"}]
    ),
    st.sampled_from(SYSTEM_CHOICES),
    st.sampled_from(TOOL_CHOICES),
    st.sampled_from(REASONING_CHOICES),
)
def test_what_is_lowered_never_trips_the_loader(messages: list[Any], system: str, tools: str, reasoning: str) -> None:
    before = copy.deepcopy(messages)
    result = lower(messages, system=system, tools=tools, reasoning=reasoning)
    assert messages == before
    if isinstance(result, Dropped):
        assert result.reason in DROP_REASONS
        return
    assert check_messages(result.messages) is None
    assert check_line(json.dumps(result.messages).encode()) is None
    assert set(result.changes) <= set(CHANGES)
    assert (result.messages is messages) == (result.changes == ())
