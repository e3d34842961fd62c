"""What a stacked bar shows."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """One part of a bar. `kind` picks its colour (see marks.css), `address` is the list behind its number."""

    label: str
    count: int
    kind: str = ""
    address: str = ""


@dataclass(frozen=True)
class Segment:
    """A share as it lies in a bar of 100 units."""

    share: Share
    start: float
    width: float


def segments(shares: Iterable[Share]) -> list[Segment]:
    """Shares above zero side by side, in order; together 100 wide."""
    shown = [share for share in shares if share.count > 0]
    total = sum(share.count for share in shown)
    found, start = [], 0.0
    for share in shown:
        width = 100 * share.count / total
        found.append(Segment(share, round(start, 3), round(width, 3)))
        start += width
    return found
