"""What a comparison says, in words."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from webapp.common.templatetags.winnow import number, percent, plural, points
from webapp.evals.comparing import Compared, Comparison
from webapp.evals.showing_runs import subject_words, task_title


class DifferenceRow(NamedTuple):
    """A line of the table of tasks or subjects, its numbers as text."""

    name: str
    compared: Compared
    share_a: str
    share_b: str
    difference: str
    interval: str
    only_a: str
    only_b: str


def compared_tasks(found: Comparison) -> list[DifferenceRow]:
    """The tasks; none where there is only one."""
    return [_row(task_title(one.task), one) for one in found.tasks] if len(found.tasks) > 1 else []


def compared_subjects(found: Comparison) -> list[DifferenceRow]:
    """The subjects, with their task where there are several."""
    several = len(found.tasks) > 1
    return [
        _row(f"{task_title(one.task)} · {subject_words(one.subject)}" if several else subject_words(one.subject), one)
        for one in found.subjects
    ]


def _row(name: str, one: Compared) -> DifferenceRow:
    interval = f"{points(one.interval.low)} to {points(one.interval.high)}"
    return DifferenceRow(
        name,
        one,
        percent(one.share_a),
        percent(one.share_b),
        points(one.difference),
        interval,
        number(one.pairs.only_a),
        number(one.pairs.only_b),
    )


def verdict(whole: Compared) -> str:
    """As in "B is better by 3.1 points, 95 % interval 1.2 to 5.0": seen from the one ahead; "" without pairs."""
    if not whole.pairs.total:
        return ""
    low, high = whole.interval.low, whole.interval.high
    if whole.difference < 0:
        low, high = -high, -low
    size, interval = abs(whole.difference), f"95 % interval {_points(low)} to {_points(high)}"
    if whole.difference == 0:
        return f"Both have as many right, {interval}"
    ahead = "B" if whole.difference > 0 else "A"
    if low > 0:
        return f"{ahead} is better by {_points(size)} points, {interval}"
    return f"{ahead} is ahead by {_points(size)} points, but it may be chance: {interval}"


def against_chance(whole: Compared) -> str:
    """What exact McNemar says of the flips; "" without pairs."""
    flips = whole.pairs.only_a + whole.pairs.only_b
    if not whole.pairs.total:
        return ""
    if not flips:
        return "No question flipped."
    p = "< 0.0001" if whole.p < 0.0001 else f"= {whole.p:.4f}" if whole.p < 0.1 else f"= {whole.p:.2f}"
    return (
        f"{plural(flips, 'question,questions')} flipped, {whole.pairs.only_b:,} to B and {whole.pairs.only_a:,} to A."
        f" If each flip were the toss of a coin, so uneven a split would have the probability p {p} (exact McNemar)."
    )


def span_of(found: Comparison) -> float:
    """How far the plots of differences reach to both sides: the widest interval, in whole tens of points."""
    limits = [abs(limit) for one in (*found.tasks, *found.subjects) for limit in (one.interval.low, one.interval.high)]
    return min(1.0, math.ceil(10 * max(limits, default=0.1)) / 10)


def excluded_subjects(subjects: Sequence[Compared]) -> str:
    """A warning against picking: how many of so many intervals leave out zero, and how many would by chance."""
    if len(subjects) < 2:
        return ""
    found = sum(not one.interval.holds(0.0) for one in subjects)
    by_chance = f"{0.05 * len(subjects):.0f}" if len(subjects) >= 30 else f"{0.05 * len(subjects):.1f}"
    return (
        f"{found:,} of {len(subjects):,} intervals leave out zero; between equal models about {by_chance} would, by"
        " chance."
    )


def _points(share: float) -> str:
    """Percentage points with one digit and a true minus."""
    rounded = round(100 * share, 1) + 0.0
    return f"−{abs(rounded):.1f}" if rounded < 0 else f"{rounded:.1f}"
