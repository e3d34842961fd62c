"""What a change by find and replace looks like: the turns that change, in pieces, short enough to be kept in a job."""

from collections.abc import Iterator, Sequence
from typing import Any

from webapp.conversations.content.canonical import messages_of
from webapp.conversations.content.shapes import Message
from webapp.conversations.diffs import Piece, TurnDiff
from webapp.conversations.finding import Place, Replacer
from webapp.conversations.replacing import Change

MOST_TURNS, MOST_PLACES = 5, 10
#: Characters shown around a place, and at most of one.
AROUND, MOST_SHOWN = 80, 400


def sample_of(replacer: Replacer, change: Change) -> dict[str, Any]:
    """A change as plain JSON values; see `shown_turns`."""
    turns = list(_changed_turns(messages_of(change.old), messages_of(change.new.text)))
    return {
        "id": change.pk,
        "approved": bool(change.status == 1),
        "places": change.places,
        "turns": [
            {"turn": index, "role": message["role"], "pieces": _pieces_of_turn(replacer, message)}
            for index, message in turns[:MOST_TURNS]
        ],
        "more": max(0, len(turns) - MOST_TURNS),
    }


def shown_turns(sample: dict[str, Any]) -> list[TurnDiff]:
    """The turns of a sample as the page of a difference shows them."""
    return [
        TurnDiff(
            "changed",
            turn["turn"] + 1,
            turn["turn"] + 1,
            turn["role"],
            turn["role"],
            [Piece(mark, text) for mark, text in turn["pieces"]],
        )
        for turn in sample["turns"]
    ]


def _changed_turns(old: Sequence[Message], new: Sequence[Message]) -> Iterator[tuple[int, Message]]:
    for index, (before, after) in enumerate(zip(old, new, strict=True)):
        if before != after:
            yield index, before


def _pieces_of_turn(replacer: Replacer, message: Message) -> list[tuple[str, str]]:
    content = message["content"]
    texts = [content] if isinstance(content, str) else [part["text"] for part in content]
    pieces: list[tuple[str, str]] = []
    for text in texts:
        if places := replacer.places(text):
            pieces += [("same", "\n")] if pieces else []
            pieces += _pieces(text, places)
    return pieces


def _pieces(text: str, places: Sequence[Place]) -> Iterator[tuple[str, str]]:
    at = 0
    for place in places[:MOST_PLACES]:
        yield "same", _between(text[at : place.start], first=at == 0)
        yield "removed", _short(text[place.start : place.end])
        yield "added", _short(place.text)
        at = place.end
    if len(places) > MOST_PLACES:
        yield "same", f" … and {len(places) - MOST_PLACES} more"
    else:
        rest = text[at:]
        yield "same", rest if len(rest) <= 2 * AROUND else f"{rest[:AROUND]} …"


def _between(text: str, *, first: bool) -> str:
    if len(text) <= 3 * AROUND:
        return text
    return f"… {text[-AROUND:]}" if first else f"{text[:AROUND]} … {text[-AROUND:]}"


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} …"
