"""What the figures of agreement say, in words."""

from collections.abc import Mapping
from typing import NamedTuple

from webapp.accounts.models import User
from webapp.common.templatetags.winnow import percent
from webapp.review.agreeing import PairAgreement
from webapp.review.agreement import Figure

#: K. Krippendorff, "Content Analysis" (2004), p. 241: rely on 0.8 and more; tentative conclusions from 0.667.
RELIABLE, TENTATIVE = 0.8, 0.667


class PairRow(NamedTuple):
    """A line of the table of pairs, its numbers as text."""

    pair: PairAgreement
    first: str
    second: str
    raw: str
    raw_interval: str
    kappa: str
    kappa_interval: str


def pair_row(pair: PairAgreement, people: Mapping[int, User]) -> PairRow:
    return PairRow(
        pair,
        people[pair.first].username,
        people[pair.second].username,
        share(pair.raw),
        share_interval(pair.raw),
        coefficient(pair.kappa),
        coefficient_interval(pair.kappa),
    )


def share(figure: Figure) -> str:
    """As in "91.6 %"; a dash for none."""
    return percent(figure.value)


def share_interval(figure: Figure) -> str:
    """As in "88.6 % to 93.8 %", or why there is none."""
    interval = figure.interval
    return f"{percent(interval.low)} to {percent(interval.high)}" if interval else figure.why


def coefficient(figure: Figure) -> str:
    """As in "0.81", with a true minus; a dash for none."""
    return "–" if figure.value is None else _two_digits(figure.value)


def coefficient_interval(figure: Figure) -> str:
    """As in "0.75 to 0.86", or why there is none."""
    interval = figure.interval
    return f"{_two_digits(interval.low)} to {_two_digits(interval.high)}" if interval else figure.why


def judgement(alpha: Figure) -> str:
    """What alpha allows to conclude; its lower end counts, where there is one."""
    if alpha.value is None:
        return ""
    least = alpha.interval.low if alpha.interval else alpha.value
    if least >= RELIABLE:
        return "High enough to rely on the verdicts, even at the lower end of the interval."
    if alpha.value >= RELIABLE:
        return "High enough to rely on the verdicts, but the interval reaches lower: more items would tell."
    if alpha.value >= TENTATIVE:
        return "Enough for tentative conclusions. Talk about what the reviewers disagree on."
    return "Too low to rely on the verdicts. Talk about what the reviewers disagree on, then review anew."


def _two_digits(value: float) -> str:
    rounded = round(value, 2) + 0.0
    return f"−{abs(rounded):.2f}" if rounded < 0 else f"{rounded:.2f}"
