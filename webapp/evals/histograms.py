"""Counts of whole numbers put into bins with round limits."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from webapp.evals.statistics import quantile

MOST_BINS = 20


class Bin(NamedTuple):
    """`total` values from `low` up to, not including, `high`; None: there is no upper limit."""

    low: int
    high: int | None
    total: int


def histogram(counts: Mapping[int, int], most: int = MOST_BINS) -> list[Bin]:
    """At most `most` bins of one width (1, 2 or 5 times a power of ten), and one more for the last hundredth.

    `counts` says how often each value (0 or more) is there. Empty for no values.
    """
    last = quantile(counts, 0.99)
    if last is None:
        return []
    first = min(counts)
    width = _round_width((last - first + 1) / (most - 1))
    start = first // width * width
    found = [0] * ((last - start) // width + 1)
    beyond = 0
    for value, count in counts.items():
        place = (value - start) // width
        if place < len(found):
            found[place] += count
        else:
            beyond += count
    bins = [Bin(start + place * width, start + (place + 1) * width, count) for place, count in enumerate(found)]
    return [*bins, Bin(start + len(found) * width, None, beyond)] if beyond else bins


def _round_width(least: float) -> int:
    power = 10 ** math.floor(math.log10(max(1.0, least)))
    return next(int(step * power) for step in (1, 2, 5, 10) if step * power >= least)
