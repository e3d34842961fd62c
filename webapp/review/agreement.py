"""How far reviewers agree, from counts alone: raw agreement, Cohen's kappa, Krippendorff's alpha, with intervals.

Plain functions over counts, so that their cost does not grow with the number of verdicts. What cannot be computed
says why, in words that a page can show.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from webapp.evals.statistics import Interval, middle_of, resamples, wilson

#: (what the first said, what the second said) -> on how many items.
Confusion = Mapping[tuple[int, int], int]
#: How often each category was given to one item, in a fixed order of the categories.
Kind = tuple[int, ...]

ROUNDS = 1000
#: Fewer draws than this that say anything, and the bootstrap gives no interval.
FEWEST_DRAWS = 0.9

NO_ITEMS = "No item has verdicts of two reviewers yet."
ONE_CATEGORY = "All verdicts are the same, so nothing can be told from chance."
NEVER_DIFFERED = "They never differed, so there is no interval."
TOO_FEW = "There are too few different verdicts for an interval."


@dataclass(frozen=True)
class Figure:
    """A number with its 95 % interval. What is missing is None, and `why` says the reason."""

    value: float | None = None
    interval: Interval | None = None
    why: str = ""


def raw_agreement(alike: int, items: int) -> Figure:
    """The share of items on which all said the same, with Wilson's interval (see `webapp.evals.statistics.wilson`)."""
    return Figure(alike / items, wilson(alike, items)) if items else Figure(why=NO_ITEMS)


def cohens_kappa(confusion: Confusion) -> Figure:
    """Agreement of two raters beyond chance: 1 is full agreement, 0 what chance alone would give.

    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960),
    37-46: (po - pe) / (1 - pe), where po is the share of equal verdicts and pe what the margins make of it by chance.
    The interval is the asymptotic one around it, cut at -1 and 1; see `kappa_error`.
    """
    if not sum(confusion.values()):
        return Figure(why=NO_ITEMS)
    equal, by_chance = _shares(confusion)
    if by_chance == 1:
        return Figure(why=ONE_CATEGORY)
    kappa = (equal - by_chance) / (1 - by_chance)
    if equal == 1:
        return Figure(1.0, why=NEVER_DIFFERED)
    reach = NormalDist().inv_cdf(0.975) * kappa_error(confusion)
    return Figure(kappa, Interval(max(-1.0, kappa - reach), min(1.0, kappa + reach)))


def kappa_error(confusion: Confusion) -> float:
    """The standard error of Cohen's kappa for large samples, when the true kappa need not be 0.

    J. L. Fleiss, J. Cohen and B. S. Everitt, "Large sample standard errors of kappa and weighted kappa", Psychological
    Bulletin 72 (1969), 323-327, equation 13. Needs verdicts in more than one category.
    """
    total = sum(confusion.values())
    first, second = _margins(confusion)
    equal, by_chance = _shares(confusion)
    spread = -((equal * by_chance - 2 * by_chance + equal) ** 2)
    for (a, b), count in confusion.items():
        if a == b:
            spread += count / total * ((1 - by_chance) - (first[a] + second[a]) / total * (1 - equal)) ** 2
        else:
            spread += count / total * ((1 - equal) * (second[a] + first[b]) / total) ** 2
    return math.sqrt(max(0.0, spread) / total) / (1 - by_chance) ** 2


def krippendorffs_alpha(kinds: Mapping[Kind, int], *, seed: str, rounds: int = ROUNDS) -> Figure:
    """Agreement of any number of raters beyond chance, with items that some of them have not rated.

    `kinds`: how many items got which counts of the categories. Items with one verdict say nothing and are left out.
    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), nominal data. The interval is the percentile
    one of a bootstrap over items with `rounds` draws; the same seed gives the same. Draws in which all verdicts are
    the same have no alpha and are left out.
    """
    paired = {kind: count for kind, count in sorted(kinds.items()) if sum(kind) > 1 and count}
    if not paired:
        return Figure(why=NO_ITEMS)
    alpha = _alpha(list(paired), list(paired.values()))
    if alpha is None:
        return Figure(why=ONE_CATEGORY)
    if alpha == 1:
        return Figure(1.0, why=NEVER_DIFFERED)
    drawn = (_alpha(list(paired), counts) for counts in resamples(list(paired.values()), seed=seed, rounds=rounds))
    known = [value for value in drawn if value is not None]
    if len(known) < FEWEST_DRAWS * rounds:
        return Figure(alpha, why=TOO_FEW)
    return Figure(alpha, middle_of(known))


def kinds_of(items: Iterable[Sequence[Hashable]]) -> Counter[Kind]:
    """The kinds of items given one by one, each as the verdicts that it got (missing ones left out)."""
    rows = [Counter(item) for item in items]
    categories = sorted({category for row in rows for category in row}, key=str)
    return Counter(tuple(row[category] for category in categories) for row in rows)


def _alpha(kinds: Sequence[Kind], counts: Sequence[int]) -> float | None:
    """1 - observed / expected disagreement; None where only one category was used."""
    values = [0] * len(kinds[0])
    apart = 0.0
    for kind, count in zip(kinds, counts, strict=True):
        given = sum(kind)
        apart += count * (given * given - sum(one * one for one in kind)) / (given - 1)
        for place, one in enumerate(kind):
            values[place] += count * one
    total = sum(values)
    expected = total * total - sum(value * value for value in values)
    return 1 - (total - 1) * apart / expected if expected else None


def _margins(confusion: Confusion) -> tuple[Counter[int], Counter[int]]:
    first: Counter[int] = Counter()
    second: Counter[int] = Counter()
    for (a, b), count in confusion.items():
        first[a] += count
        second[b] += count
    return first, second


def _shares(confusion: Confusion) -> tuple[float, float]:
    """The share of equal verdicts, and the share that the margins give by chance."""
    total = sum(confusion.values())
    first, second = _margins(confusion)
    equal = sum(count for (a, b), count in confusion.items() if a == b)
    return equal / total, sum(first[one] * second[one] for one in first) / (total * total)
