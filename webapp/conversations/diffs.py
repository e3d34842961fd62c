"""What changed between two texts of a conversation: turn by turn, and word by word inside a turn."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from django.utils.safestring import SafeString, mark_safe

from webapp.conversations.content.shapes import Message
from webapp.conversations.markup import marked_text

Opcode = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]
Mark = Literal["same", "added", "removed"]
Kind = Literal["same", "added", "removed", "changed"]

# Beyond these a comparison by words would take seconds; then whole lines, then the whole text is compared.
MOST_WORDS = 4_000
MOST_LINES = 4_000
# Unchanged words left standing around a change; the rest of a long unchanged stretch is left out.
CONTEXT_CHARACTERS = 240

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Piece:
    """A stretch of text that both have, or that only one has."""

    mark: Mark
    text: str

    @property
    def shown(self) -> SafeString:
        """The text escaped, with marks for what cannot be seen."""
        return mark_safe(marked_text(self.text))  # noqa: S308 - escaped there


@dataclass(frozen=True)
class TurnDiff:
    """One turn: its number before and after (from 1, None where it is missing), its roles, and its text in pieces."""

    kind: Kind
    before: int | None
    after: int | None
    old_role: str
    new_role: str
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True)
class Unchanged:
    """A run of turns that are the same in both."""

    count: int
    kind: Literal["unchanged"] = "unchanged"


def diff_messages(old: Sequence[Message], new: Sequence[Message]) -> list[TurnDiff | Unchanged]:
    """The changed turns in order, with runs of unchanged ones between them as counts; empty where all are the same."""
    entries: list[TurnDiff | Unchanged] = []
    for tag, a, b, c, d in turn_opcodes(old, new):
        if tag == "equal":
            entries.append(Unchanged(b - a))
        else:
            entries += _changed_turns(old, new, (a, b), (c, d))
    return entries if any(entry.kind != "unchanged" for entry in entries) else []


def turn_opcodes(old: Sequence[Message], new: Sequence[Message]) -> list[Opcode]:
    """Which turns are equal, replaced, deleted, inserted (as difflib's opcodes)."""
    keys = [_turn_key(message) for message in old], [_turn_key(message) for message in new]
    return SequenceMatcher(None, *keys, autojunk=False).get_opcodes()


def turn_map(old: Sequence[Message], new: Sequence[Message]) -> dict[int, int]:
    """Where each turn stands now (indexes from 0); a turn that is gone is missing."""
    places: dict[int, int] = {}
    for _, a, b, c, d in turn_opcodes(old, new):
        places.update(zip(range(a, b), range(c, d), strict=False))
    return places


def moved_boundary(old: Sequence[Message], new: Sequence[Message], index: int) -> int:
    """Where a boundary between two turns (before turn `index`; the end is len(old)) lies in the new messages."""
    for _, a, b, c, d in turn_opcodes(old, new):
        if a <= index < b:
            return min(c + index - a, d)
    return len(new)


def diff_text(old: str, new: str) -> list[Piece]:
    """Two texts as pieces; by words where that is quick, otherwise by lines, otherwise as a whole."""
    words = _WORDS.findall(old), _WORDS.findall(new)
    if max(map(len, words)) <= MOST_WORDS:
        return list(_pieces(*words))
    lines = _LINES.findall(old), _LINES.findall(new)
    if max(map(len, lines)) <= MOST_LINES:
        return list(_pieces(*lines))
    return [Piece("removed", old), Piece("added", new)]


def flat_text(message: Message) -> str:
    """The content as one text; each typed part under a line that names its type."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return "\n".join(f"[{part['type']}]\n{part['text']}" for part in content)


def _turn_key(message: Message) -> tuple[str, bool, str]:
    return message["role"], isinstance(message["content"], str), flat_text(message)


def _changed_turns(
    old: Sequence[Message], new: Sequence[Message], before: tuple[int, int], after: tuple[int, int]
) -> Iterable[TurnDiff]:
    pairs = min(before[1] - before[0], after[1] - after[0])
    for step in range(pairs):
        yield _changed(old, new, before[0] + step, after[0] + step)
    for index in range(before[0] + pairs, before[1]):
        role = old[index]["role"]
        yield TurnDiff("removed", index + 1, None, role, role, [Piece("removed", flat_text(old[index]))])
    for index in range(after[0] + pairs, after[1]):
        role = new[index]["role"]
        yield TurnDiff("added", None, index + 1, role, role, [Piece("added", flat_text(new[index]))])


def _changed(old: Sequence[Message], new: Sequence[Message], before: int, after: int) -> TurnDiff:
    first, second = old[before], new[after]
    pieces = _shortened(diff_text(flat_text(first), flat_text(second)))
    return TurnDiff("changed", before + 1, after + 1, first["role"], second["role"], pieces)


def _pieces(old: list[str], new: list[str]) -> Iterable[Piece]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[a:b]))
            continue
        if b > a:
            yield Piece("removed", "".join(old[a:b]))
        if d > c:
            yield Piece("added", "".join(new[c:d]))


def _shortened(pieces: list[Piece]) -> list[Piece]:
    if len(pieces) == 1:
        return pieces
    last = len(pieces) - 1
    return [_cut(piece, first=index == 0, last=index == last) for index, piece in enumerate(pieces)]


def _cut(piece: Piece, *, first: bool, last: bool) -> Piece:
    text, most = piece.text, CONTEXT_CHARACTERS
    if piece.mark != "same" or len(text) <= 3 * most:
        return piece
    head = "" if first else text[:most]
    tail = "" if last else text[-most:]
    return Piece("same", f"{head} … {tail}")
