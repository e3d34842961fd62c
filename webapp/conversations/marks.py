"""Marks on the turns of a conversation. Later apps register theirs here: what it says, and how often on which turn."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapp.conversations.showing import ShownConversation


@dataclass(frozen=True)
class Mark:
    """A small sign in the head of a turn: its words, and the kind that picks its colour (info, warn, good, bad)."""

    words: str
    kind: str = "info"


#: Turn, by index -> its marks; asked once for each conversation that is shown.
TurnMarks = Callable[["ShownConversation"], Mapping[int, Sequence[Mark]]]

_sources: list[TurnMarks] = []


def register_turn_marks(source: TurnMarks) -> None:
    """Show what `source` finds on the turns of every conversation."""
    _sources.append(source)


def marks_of(shown: "ShownConversation") -> Mapping[int, Sequence[Mark]]:
    """All marks by turn."""
    by_turn: dict[int, list[Mark]] = defaultdict(list)
    for source in _sources:
        for turn, marks in source(shown).items():
            by_turn[turn].extend(marks)
    return by_turn
