"""From a conversation with a system message or with typed parts to messages that CustomJSON can hold.

    lower([{"role": "system", "content": "Be brief."},
           {"role": "user", "content": "48 / 2?"},
           {"role": "assistant", "content": [{"type": "text", "text": "It is "},
                                             {"type": "python", "text": "48/2"},
                                             {"type": "python_output", "text": "24"},
                                             {"type": "text", "text": "24."}]}])

gives `Be brief.\\n\\n48 / 2?` and `It is <<48/2=24>>24.`, and says that it used `system_merged` and `tool_notation`.
Nothing is changed silently: what was done is in `Lowered.changes`, and what cannot be held is `Dropped` with a reason.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tasks_core.checks import check_choice
from tasks_core.common import Message
from tasks_core.turntext import PART_TYPES, TOOL_TYPES, turn_text

__all__ = [
    "CHANGES",
    "DROP_REASONS",
    "REASONING_CHOICES",
    "SYSTEM_CHOICES",
    "TOOL_CHOICES",
    "Dropped",
    "Lowered",
    "lower",
]

SYSTEM_CHOICES = ("merge", "drop_example")
TOOL_CHOICES = ("notation", "text_only", "drop_example")
REASONING_CHOICES = ("leave_out", "think_tags", "drop_example")

CHANGES = {
    "system_merged": "the system message was put in front of the first user message",
    "parts_joined": "text parts were joined to one text",
    "tool_notation": "Python calls were written as <<call=result>>",
    "tool_fences": "tool parts were written as fenced blocks",
    "tool_parts_left_out": "tool parts were left out",
    "reasoning_left_out": "reasoning was left out",
    "reasoning_think_tags": "reasoning was written between <think> and </think>",
}
"""What may be done to a conversation: the names in `Lowered.changes`."""

DROP_REASONS = {
    "system_message": "has a system message",
    "tool_parts": "has tool parts",
    "reasoning": "has reasoning",
    "one_message": "has fewer than two messages",
    "two_system": "has two system messages",
    "system_in_middle": "has a system message that is not the first",
    "assistant_first": "starts with the assistant",
    "same_role_twice": "has the same role twice in a row",
    "ends_with_user": "ends with the user",
    "empty_turn": "has an empty turn",
    "tool_turn": "has a turn of a tool",
    "unknown_role": "has a role that is not known",
    "unknown_content": "has content that is neither text nor known parts",
}
"""Why a conversation may be dropped: the codes in `Dropped.reason`."""

ROLES = ("user", "assistant")
KNOWN_ROLES = ("system", "user", "assistant", "tool")


class Lowered(NamedTuple):
    """Messages that CustomJSON takes, and the names of what was done to get them (keys of CHANGES, in its order)."""

    messages: list[Message]
    changes: tuple[str, ...] = ()


class Dropped(NamedTuple):
    """A conversation that cannot be held: a key of DROP_REASONS, and a sentence for people."""

    reason: str
    detail: str


def lower(
    messages: list[Message], *, system: str = "merge", tools: str = "notation", reasoning: str = "leave_out"
) -> Lowered | Dropped:
    """Turn a conversation's messages into messages that CustomJSON takes, or say why that cannot be.

    `system`: "merge" puts a leading system message in front of the first user message, an empty line between.
    `tools`: "notation" writes a one-line Python call with its output as `<<call=result>>` and other tool parts as
    fenced blocks; "text_only" leaves tool parts out. `reasoning`: "leave_out", or "think_tags" for `<think>`.
    "drop_example" of each drops the conversation. Dropped, too, is what the team has to mend first: turns out of
    order, an empty turn, a last turn of the user.

    The messages given are not changed; where nothing is to be done, they are returned themselves.
    """
    check_choice("system", system, SYSTEM_CHOICES)
    check_choice("tools", tools, TOOL_CHOICES)
    check_choice("reasoning", reasoning, REASONING_CHOICES)
    if _is_plain(messages):
        return Lowered(messages)
    return (
        _find_malformed(messages)
        or _find_unwanted(messages, system=system, tools=tools, reasoning=reasoning)
        or _lower_parts(messages, tools=tools, reasoning=reasoning)
    )


def _is_plain(messages: Sequence[Message]) -> bool:
    """Tell the usual case from all others in one short loop: user and assistant in turn, all of it text."""
    for number, message in enumerate(messages):
        content = message["content"]
        if type(content) is not str or not content or content.isspace() or message["role"] != ROLES[number & 1]:
            return False
    return len(messages) > 1 and len(messages) % 2 == 0


def _drop(reason: str, number: int | None = None) -> Dropped:
    place = "" if number is None else f" (message {number})"
    return Dropped(reason, f"The conversation {DROP_REASONS[reason]}{place}.")


def _find_malformed(messages: Sequence[Message]) -> Dropped | None:
    for number, message in enumerate(messages, 1):
        if message["role"] not in KNOWN_ROLES:
            return _drop("unknown_role", number)
        if not _is_known_content(message["content"]):
            return _drop("unknown_content", number)
    return None


def _is_known_content(content: Any) -> bool:
    if isinstance(content, str):
        return True
    return isinstance(content, list) and all(
        isinstance(part, dict) and part.get("type") in PART_TYPES and isinstance(part.get("text"), str)
        for part in content
    )


def _find_unwanted(messages: Sequence[Message], *, system: str, tools: str, reasoning: str) -> Dropped | None:
    """Apply the choices "drop_example"."""
    if system == "drop_example" and messages and messages[0]["role"] == "system":
        return _drop("system_message", 1)
    for number, message in enumerate(messages, 1):
        if isinstance(message["content"], str):
            continue
        types = {part["type"] for part in message["content"]}
        if tools == "drop_example" and types & TOOL_TYPES:
            return _drop("tool_parts", number)
        if reasoning == "drop_example" and "reasoning" in types:
            return _drop("reasoning", number)
    return None


def _lower_parts(messages: Sequence[Message], *, tools: str, reasoning: str) -> Lowered | Dropped:
    done: set[str] = set()
    turns = [
        {
            "role": message["role"],
            "content": turn_text(message["content"], tools=tools, reasoning=reasoning, done=done),
        }
        for message in messages
    ]
    problem = _find_problem(turns)
    if problem is not None:
        return problem
    if turns[0]["role"] == "system":
        done.add("system_merged")
        first = {"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}
        turns = [first, *turns[2:]]
    return Lowered(turns, tuple(name for name in CHANGES if name in done))


def _find_problem(turns: Sequence[Message]) -> Dropped | None:
    """Return why turns of text cannot be held, apart from one leading system message."""
    lead = 1 if turns and turns[0]["role"] == "system" else 0
    if len(turns) - lead < 2:
        return _drop("one_message")
    for number, turn in enumerate(turns):
        if not turn["content"].strip():
            return _drop("empty_turn", number + 1)
        if number >= lead and turn["role"] != ROLES[(number - lead) % 2]:
            return _drop(_role_problem(turn["role"], first=number == lead, lead=lead), number + 1)
    return _drop("ends_with_user", len(turns)) if turns[-1]["role"] == "user" else None


def _role_problem(role: str, *, first: bool, lead: int) -> str:
    """Name what is wrong with a role that is not the one due."""
    if role == "system":
        return "two_system" if lead else "system_in_middle"
    if role == "tool":
        return "tool_turn"
    return "assistant_first" if first else "same_role_twice"
