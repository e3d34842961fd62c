"""The edit form: a stretch of turns as plain fields, the buttons that rearrange them, and the whole text that results.

A form can hold only so many fields, so a long conversation is edited a stretch at a time; the turns around it stay as
they are in the version that the form was made from.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.common.errors import BadRequest
from webapp.conversations.content.shapes import Message, Part, joined_text
from webapp.conversations.diffs import moved_boundary

# A stretch ends at whichever comes first. Django takes 1,000 fields and 4 MB.
MOST_FIELDS = 400
MOST_CHARACTERS = 200_000
# A longer turn cannot be sent by a form at all; one of so many fields fills a form alone.
LONGEST_TURN = 900_000
MOST_FIELDS_OF_TURN = 810
MOST_PARTS = 450
MOST_TURNS = 400

_STEP = re.compile(r"([a-z]+(?:-[a-z]+)?)-(\d{1,4})(?:-(\d{1,4}))?")


@dataclass(frozen=True)
class Stretch:
    """The turns from `start` to before `end` (indexes from 0). One too long to be sent stands alone."""

    start: int
    end: int
    editable: bool = True


@dataclass
class Draft:
    """Turns as somebody is writing them, in the place of a stretch of the version that the form was made from."""

    version: int
    start: int
    end: int
    turns: list[Message] = field(default_factory=list)
    reason: str = ""

    def whole(self, base: Sequence[Message]) -> list[Message]:
        """The whole conversation with the draft in its place."""
        return [*base[: self.start], *_with_line_ends(self.turns, base), *base[self.end :]]

    def moved_to(self, version: int, base: Sequence[Message], newer: Sequence[Message]) -> "Draft":
        """The same turns in the same place of a newer version."""
        start = moved_boundary(base, newer, self.start)
        end = max(start, moved_boundary(base, newer, self.end))
        return Draft(version, start, end, self.turns, self.reason)


def stretches(messages: Sequence[Message]) -> list[Stretch]:
    """The whole conversation in stretches that a form can hold."""
    found: list[Stretch] = []
    start = fields = characters = 0
    for index, message in enumerate(messages):
        size, count = len(joined_text(message["content"])), _fields_of(message)
        too_long = size > LONGEST_TURN or count > MOST_FIELDS_OF_TURN
        if index > start and (too_long or fields + count > MOST_FIELDS or characters + size > MOST_CHARACTERS):
            found.append(Stretch(start, index))
            start, fields, characters = index, 0, 0
        if too_long:
            found.append(Stretch(index, index + 1, editable=False))
            start = index + 1
            continue
        fields, characters = fields + count, characters + size
    if start < len(messages):
        found.append(Stretch(start, len(messages)))
    return found


def stretch_with(messages: Sequence[Message], turn: int) -> Stretch:
    """The stretch that holds a turn; the last one where there is no such turn."""
    found = stretches(messages)
    return next((stretch for stretch in found if turn < stretch.end), found[-1])


def read_draft(fields: Mapping[str, str], version: int, *, reason: str = "") -> Draft:
    """The draft in a sent form. Raises BadRequest for a form that no page of ours can have sent."""
    count = _number(fields, "turns", MOST_TURNS)
    start, end = _number(fields, "start", 2**31), _number(fields, "end", 2**31)
    turns = [_read_turn(fields, index) for index in range(count)]
    return Draft(version, start, max(start, end), turns, reason)


def take_step(turns: list[Message], step: str) -> None:
    """What a button of the form does to the turns: `up-3`, `insert-0`, `part-delete-2-1` ... Raises BadRequest."""
    match = _STEP.fullmatch(step)
    name = match[1] if match else ""
    if match is None or name not in _STEPS:
        raise BadRequest("The form holds a button that this page does not know. Reload the page.")
    index, part = int(match[2]), int(match[3] or 0)
    last = len(turns) if name == "insert" else len(turns) - 1
    if index > last:
        raise BadRequest("The form speaks of a turn that is not there. Reload the page.")
    _STEPS[name](turns, index, part)


def _insert(turns: list[Message], index: int, _: int) -> None:
    before = turns[index - 1]["role"] if index else "assistant"
    turns.insert(index, {"role": "assistant" if before == "user" else "user", "content": ""})


def _move(turns: list[Any], index: int, other: int) -> None:
    if 0 <= other < len(turns):
        turns[index], turns[other] = turns[other], turns[index]


def _to_parts(turns: list[Message], index: int, _: int) -> None:
    content = turns[index]["content"]
    if isinstance(content, str):
        turns[index]["content"] = [{"type": "text", "text": content}]


def _to_text(turns: list[Message], index: int, _: int) -> None:
    turns[index]["content"] = joined_text(turns[index]["content"])


def _parts_of(turns: list[Message], index: int, part: int) -> list[Part]:
    content = turns[index]["content"]
    if isinstance(content, str) or part >= max(1, len(content)):
        raise BadRequest("The form speaks of a part that is not there. Reload the page.")
    return content


def _add_part(turns: list[Message], index: int, _: int) -> None:
    _parts_of(turns, index, 0).append({"type": "text", "text": ""})


def _delete_part(turns: list[Message], index: int, part: int) -> None:
    del _parts_of(turns, index, part)[part : part + 1]


_STEPS: dict[str, Callable[[list[Message], int, int], None]] = {
    "insert": _insert,
    "delete": lambda turns, index, _: turns.__delitem__(index),
    "up": lambda turns, index, _: _move(turns, index, index - 1),
    "down": lambda turns, index, _: _move(turns, index, index + 1),
    "to-parts": _to_parts,
    "to-text": _to_text,
    "part-add": _add_part,
    "part-delete": _delete_part,
    "part-up": lambda turns, index, part: _move(_parts_of(turns, index, part), part, part - 1),
    "part-down": lambda turns, index, part: _move(_parts_of(turns, index, part), part, part + 1),
}


def _fields_of(message: Message) -> int:
    content = message["content"]
    return 2 if isinstance(content, str) else 2 + 2 * len(content)


def _read_turn(fields: Mapping[str, str], index: int) -> Message:
    role = _field(fields, f"role-{index}")
    if f"parts-{index}" not in fields:
        return {"role": role, "content": _text(fields, f"text-{index}")}
    parts: list[Part] = [
        {"type": _field(fields, f"type-{index}-{part}"), "text": _text(fields, f"text-{index}-{part}")}
        for part in range(_number(fields, f"parts-{index}", MOST_PARTS))
    ]
    return {"role": role, "content": parts}


def _text(fields: Mapping[str, str], name: str) -> str:
    """What was typed. A browser sends every line end as CR LF."""
    return _field(fields, name).replace("\r\n", "\n")


def _field(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if value is None:
        raise BadRequest("A part of the form is missing. Reload the page and try again.")
    return value


def _number(fields: Mapping[str, str], name: str, most: int) -> int:
    value = _field(fields, name)
    if not (value.isascii() and value.isdecimal()) or len(value) > 10 or int(value) > most:
        raise BadRequest("A number in the form cannot be right. Reload the page and try again.")
    return int(value)


def _with_line_ends(turns: Sequence[Message], base: Sequence[Message]) -> list[Message]:
    """Give texts that were not touched their own line ends back: a form knows only one kind."""
    written = {_one_kind(text): text for message in base for text in _texts(message) if "\r" in text}
    if not written:
        return list(turns)
    return [{"role": turn["role"], "content": _written(turn["content"], written)} for turn in turns]


def _written(content: str | list[Part], written: Mapping[str, str]) -> str | list[Part]:
    if isinstance(content, str):
        return written.get(content, content)
    return [{"type": part["type"], "text": written.get(part["text"], part["text"])} for part in content]


def _one_kind(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _texts(message: Message) -> list[str]:
    content = message["content"]
    return [content] if isinstance(content, str) else [part["text"] for part in content]
