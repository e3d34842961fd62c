"""What the editor sends: the same rules as for an import."""

import re

from webapp.conversations.content.messages import known_role, read_parts
from webapp.conversations.content.shapes import BadMessages, Message, Part, kind_of, quoted

_REFUSED = re.compile("[\x00\ud800-\udfff]")


def check_edited(messages: object) -> list[Message]:
    """Messages of ours from what an editor or a program sent: known roles, known parts, keys in order, nothing else.

    Raises BadMessages with the turn at fault. Format issues are none of its business: see `checking.find_issues`.
    """
    if not isinstance(messages, list):
        raise BadMessages(f"messages is {kind_of(messages)}, not a list")
    if not messages:
        raise BadMessages("no messages: the list is empty")
    checked: list[Message] = []
    for turn, item in enumerate(messages):
        try:
            checked.append(_checked(item))
        except BadMessages as error:
            raise BadMessages(error.reason, turn) from None
    return checked


def _checked(item: object) -> Message:
    if not isinstance(item, dict):
        raise BadMessages(f"it is {kind_of(item)}, not an object with role and content")
    unknown = [str(key) for key in item if key not in ("role", "content")]
    if unknown:
        raise BadMessages(f"unknown key {quoted(unknown[0])}")
    for key in ("role", "content"):
        if key not in item:
            raise BadMessages(f"it has no {key}")
    return {"role": known_role(item["role"]), "content": _content(item["content"])}


def _content(content: object) -> str | list[Part]:
    if isinstance(content, str):
        return _storable(content, "its text")
    if not isinstance(content, list):
        raise BadMessages(f"its content is {kind_of(content)}, not text or a list of parts")
    parts, others = read_parts(content)
    if others:
        number, keys = next(iter(others.items()))
        raise BadMessages(f"part {number} has the unknown key {quoted(next(iter(keys)))}")
    for place, part in enumerate(parts, 1):
        _storable(part["text"], f"part {place}")
    return parts


def _storable(text: str, place: str) -> str:
    found = _REFUSED.search(text)
    if found:
        what = "the character NUL" if found[0] == "\0" else "half a character (a lone surrogate)"
        raise BadMessages(f"{place} has {what} at character {found.start() + 1}")
    return text
