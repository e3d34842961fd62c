"""A list of messages as people write them, as messages of ours: roles, contents, parts and tool calls."""

from collections.abc import Iterable

from webapp.conversations.content.shapes import (
    CALL_ROLES,
    PART_TYPES,
    ROLE_NAMES,
    ROLES,
    BadMessages,
    Message,
    Part,
    kind_of,
    quoted,
)
from webapp.conversations.content.toolcalls import call_part, calls_of, compact_call

Keys = dict[str, object]


class MessageReader:
    """Reads messages one by one; keeps their other keys by number (from 1), and what it changed."""

    def __init__(self, *, plain_text: bool) -> None:
        # plain_text: a turn of one text part becomes that text.
        self.plain_text = plain_text
        self.messages: list[Message] = []
        self.others: dict[str, Keys] = {}
        self.changes: dict[str, None] = {}

    def read(self, item: object) -> None:
        """Append one message. Raises BadMessages."""
        if isinstance(item, dict) and len(item) == 2 and item.get("role") in ROLES:
            if isinstance(item.get("content"), str):
                self.messages.append({"role": item["role"], "content": item["content"]})
                return
        turn = len(self.messages)
        if not isinstance(item, dict):
            raise BadMessages(f"it is {kind_of(item)}, not an object with role and content", turn)
        try:
            self._append(item)
        except BadMessages as error:
            raise error if error.turn is not None else BadMessages(error.reason, turn) from None

    def _append(self, item: Keys) -> None:
        role_key = "role" if "role" in item else "from"
        text_key = "content" if "content" in item or "value" not in item else "value"
        others = {key: value for key, value in item.items() if key not in (role_key, text_key)}
        role, is_call = self._role(item, role_key)
        calls = calls_of(others) if role == "assistant" else []
        content = self._content(item, text_key, others, has_calls=bool(calls))
        if is_call:
            content = self._as_call(content)
        if calls:
            content = self._with_calls(content, calls)
        self.messages.append({"role": role, "content": content})
        if others:
            self.others[str(len(self.messages))] = others

    def _role(self, item: Keys, key: str) -> tuple[str, bool]:
        if key not in item:
            raise BadMessages("it has no role")
        name = item[key]
        role = name if name in ROLES else known_role(name)
        if role != name:
            self.changes["role names"] = None
        return role, role == "assistant" and str(name).strip().lower() in CALL_ROLES

    def _content(self, item: Keys, key: str, others: Keys, *, has_calls: bool) -> str | list[Part]:
        content = item.get(key)
        if isinstance(content, str):
            return content
        if isinstance(content, list):
            return self._parts(content, others)
        if content is None and has_calls:
            return []
        if key not in item:
            raise BadMessages("it has no content")
        raise BadMessages(f"its content is {kind_of(content)}, not text or a list of parts")

    def _parts(self, items: list[object], others: Keys) -> str | list[Part]:
        parts, rest = read_parts(items)
        if rest:
            others["content"] = rest
        if self.plain_text and len(parts) == 1 and parts[0]["type"] == "text":
            self.changes["single text parts as plain text"] = None
            return parts[0]["text"]
        return parts

    def _as_call(self, content: str | list[Part]) -> list[Part]:
        self.changes["tool calls as parts"] = None
        if isinstance(content, list):
            return content
        return [{"type": "tool_call", "text": compact_call(content)}]

    def _with_calls(self, content: str | list[Part], calls: list[Keys]) -> list[Part]:
        self.changes["tool calls as parts"] = None
        return [*as_parts(content), *(call_part(call, number) for number, call in enumerate(calls, 1))]


def known_role(name: object) -> str:
    """The role that a name stands for. Raises BadMessages."""
    if not isinstance(name, str):
        raise BadMessages(f"its role is {kind_of(name)}, not text")
    plain = name.strip().lower()
    role = "assistant" if plain in CALL_ROLES else ROLE_NAMES.get(plain)
    if role is None:
        raise BadMessages(f"unknown role {quoted(name)} (known: {', '.join(ROLES)})")
    return role


def as_parts(content: str | list[Part]) -> list[Part]:
    """A turn's content as a list of parts; an empty text is no part."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def read_parts(items: Iterable[object]) -> tuple[list[Part], dict[str, Keys]]:
    """The parts of a content list, and their other keys by number. Raises BadMessages."""
    parts: list[Part] = []
    others: dict[str, Keys] = {}
    for number, item in enumerate(items, 1):
        part, rest = _read_part(item, f"part {number}")
        parts.append(part)
        if rest:
            others[str(number)] = rest
    return parts, others


def _read_part(item: object, place: str) -> tuple[Part, Keys]:
    if not isinstance(item, dict):
        raise BadMessages(f"{place} is {kind_of(item)}, not an object with type and text")
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in PART_TYPES:
        raise BadMessages(_unknown_type(kind, place))
    key = "text" if "text" in item or "value" not in item else "value"
    text = item.get(key)
    if not isinstance(text, str):
        state = f"the text of {place} is {kind_of(text)}, not text" if key in item else f"{place} has no text"
        raise BadMessages(state)
    return {"type": kind, "text": text}, {name: item[name] for name in item if name not in ("type", key)}


def _unknown_type(kind: object, place: str) -> str:
    if not isinstance(kind, str):
        return f"{place} has no type"
    return f"{place} is of the unknown type {quoted(kind)} (known: {', '.join(PART_TYPES)})"
