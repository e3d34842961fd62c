"""The shape of a conversation, and the errors of what cannot become one."""

from typing import NamedTuple, TypedDict

ROLES = ("system", "user", "assistant", "tool")
PART_TYPES = ("text", "python", "python_output", "reasoning", "tool_call", "tool_result")
# Parts of these types are what a model does with a tool; reasoning is still its own words.
TOOL_PARTS = frozenset({"python", "python_output", "tool_call", "tool_result"})

ROLE_NAMES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "tool_response": "tool",
    "function_response": "tool",
    "ipython": "tool",
}
# Turns of these names are the assistant's, and their text is a tool call.
CALL_ROLES = frozenset({"function_call", "tool_call"})


class Part(TypedDict):
    """A piece of a turn: `type` is one of PART_TYPES."""

    type: str
    text: str


class Message(TypedDict):
    """A turn: `role` is one of ROLES."""

    role: str
    content: str | list[Part]


class Parsed(NamedTuple):
    """A line understood: its messages, the name of the form it was in, its other keys, and what was changed."""

    messages: list[Message]
    format: str
    metadata: dict[str, object]
    converted: tuple[str, ...] = ()


class ContentError(ValueError):
    """Root of what is refused here. `str(error)` is shown to people."""


class BadFile(ContentError):
    """The file as a whole cannot be read."""


class BadLine(ContentError):
    """A line is not a conversation."""


class BadMessages(BadLine):
    """A conversation has a turn that cannot be kept; `turn` is its index from 0, None where it is about the whole."""

    def __init__(self, reason: str, turn: int | None = None) -> None:
        super().__init__(reason if turn is None else f"message {turn + 1}: {reason}")
        self.reason = reason
        self.turn = turn


def kind_of(value: object) -> str:
    """What a JSON value is, in words, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")


def quoted(text: str, length: int = 40) -> str:
    """The beginning of somebody's text in quotes, what cannot be printed escaped, so that a reason stays one line."""
    signs = (sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[:length])
    return f'"{"".join(signs)}{"…" if len(text) > length else ""}"'


def joined_text(content: str | list[Part]) -> str:
    """All text of a turn, whatever the type of its parts."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)
