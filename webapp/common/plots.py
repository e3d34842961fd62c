"""What plots show: where the parts of a drawing lie, in units of its own width and height (100 each)."""

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True)
class Whisker:
    """A value with its interval on a scale from 0 to 100; None for no value, `width` 0 for no interval."""

    value: float | None
    low: float = 0.0
    width: float = 0.0
    reference: float | None = None


def whisker(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    start: float = 0.0,
    end: float = 1.0,
    reference: float | None = None,
) -> Whisker:
    """Place a value, its interval and a reference on a scale from `start` to `end`; what lies beyond is cut off."""

    def place(number: float) -> float:
        return round(100 * min(1.0, max(0.0, (number - start) / (end - start))), 2)

    shown = None if reference is None else place(reference)
    if value is None:
        return Whisker(None, reference=shown)
    if low is None or high is None:
        return Whisker(place(value), place(value), 0.0, shown)
    return Whisker(place(value), place(low), round(place(high) - place(low), 2), shown)


@dataclass(frozen=True)
class Column:
    """A column of a histogram: values from `low` up to, not including, `high` (None: all above)."""

    low: int
    high: int | None
    count: int
    start: float
    width: float
    height: float

    @property
    def top(self) -> float:
        return round(100 - self.height, 2)


def columns(bins: Sequence[tuple[int, int | None, int]]) -> list[Column]:
    """Bins (low, high, count) side by side; the fullest is 100 high, and none that holds anything vanishes."""
    most = max((count for _, _, count in bins), default=0)
    step = 100 / len(bins) if bins else 0
    return [
        Column(low, high, count, round(place * step, 2), round(step * 0.86, 2), _height(count, most))
        for place, (low, high, count) in enumerate(bins)
    ]


def _height(count: int, most: int) -> float:
    return round(max(1.5, 100 * count / most), 2) if count else 0.0
