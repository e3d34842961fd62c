"""What can be said from counts: proportions, pass@k, paired comparisons, quantiles, all with their intervals.

Plain Python: the same numbers on every machine, and nothing to install. Shares are from 0 to 1.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

ROUNDS = 1000


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Pairs:
    """The same questions answered by two: how many both had right, only one of them, none."""

    both: int = 0
    only_a: int = 0
    only_b: int = 0
    none: int = 0

    def __add__(self, other: "Pairs") -> "Pairs":
        return Pairs(
            self.both + other.both,
            self.only_a + other.only_a,
            self.only_b + other.only_b,
            self.none + other.none,
        )

    @property
    def total(self) -> int:
        return self.both + self.only_a + self.only_b + self.none

    @property
    def right_a(self) -> int:
        return self.both + self.only_a

    @property
    def right_b(self) -> int:
        return self.both + self.only_b


def wilson(right: int, n: int, confidence: float = 0.95) -> Interval:
    """The score interval of a proportion `right` / `n`, without continuity correction.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.
    Raises ValueError for counts that are no proportion.
    """
    if not 0 <= right <= n or not n:
        raise ValueError(f"{right} of {n} is no proportion.")
    z = _z(confidence)
    middle = 2 * right + z * z
    spread = z * math.sqrt(z * z + 4 * right * (n - right) / n)
    # At the ends the limit is 0 or 1 itself, which rounding would miss by a hair.
    low = 0.0 if right == 0 else (middle - spread) / (2 * (n + z * z))
    high = 1.0 if right == n else (middle + spread) / (2 * (n + z * z))
    return Interval(low, high)


def paired_difference(pairs: Pairs, confidence: float = 0.95) -> Interval:
    """The interval of (share that a has right) - (share that b has right) over the same questions.

    Square-and-add with the score intervals of the two shares and their correlation: R. G. Newcombe, "Improved
    confidence intervals for the difference between binomial proportions based on paired data", Statistics in
    Medicine 17 (1998), 2635-2650, method 10. Raises ValueError without pairs.
    """
    n = pairs.total
    first, second = wilson(pairs.right_a, n, confidence), wilson(pairs.right_b, n, confidence)
    share_a, share_b = pairs.right_a / n, pairs.right_b / n
    phi = _corrected_correlation(pairs)
    below = _square_and_add(share_a - first.low, second.high - share_b, phi)
    above = _square_and_add(first.high - share_a, share_b - second.low, phi)
    difference = share_a - share_b
    return Interval(max(-1.0, difference - below), min(1.0, difference + above))


def _square_and_add(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))


def _corrected_correlation(pairs: Pairs) -> float:
    """Newcombe's phi: zero where a margin is empty; a positive covariance loses n / 2, but not its sign."""
    n, product = pairs.total, pairs.both * pairs.none - pairs.only_a * pairs.only_b
    margins = pairs.right_a * (n - pairs.right_a) * pairs.right_b * (n - pairs.right_b)
    if not margins:
        return 0.0
    return (max(0.0, product - n / 2) if product > 0 else product) / math.sqrt(margins)


def exact_mcnemar(only_a: int, only_b: int) -> float:
    """The two-sided probability of a split at least this uneven, if each flip went either way by the toss of a coin.

    The exact conditional form of Q. McNemar's test, Psychometrika 12 (1947), 153-157: twice the smaller tail of the
    binomial distribution with n = `only_a` + `only_b` and 1/2, at most 1.
    """
    n, smaller = only_a + only_b, min(only_a, only_b)
    if only_a == only_b:
        return 1.0
    term = tail = _binomial(smaller, n, 0.5)
    for k in range(smaller, 0, -1):
        term *= k / (n - k + 1)
        tail += term
        if term < tail * 1e-17:
            break
    return min(1.0, 2 * tail)


def pass_at_k(n: int, right: int, k: int) -> float:
    """The probability that at least one of `k` samples is right, estimated without bias from `n` samples.

    1 - C(n - right, k) / C(n, k): M. Chen et al., "Evaluating large language models trained on code",
    arXiv:2107.03374 (2021), equation 1. Raises ValueError unless 1 <= k <= n and 0 <= right <= n.
    """
    if not 1 <= k <= n or not 0 <= right <= n:
        raise ValueError(f"pass@{k} cannot be said from {right} right of {n} samples.")
    return 1 - math.comb(n - right, k) / math.comb(n, k)


def resamples(counts: Sequence[int], *, seed: str, rounds: int = ROUNDS) -> Iterator[list[int]]:
    """The nonparametric bootstrap over problems of a few kinds: `counts[i]` problems are of kind i.

    Problems of one kind cannot be told apart, so drawing as many problems with replacement as there are is drawing how
    many of each kind come: a multinomial draw, made of binomial ones. B. Efron, "Bootstrap methods: another look at
    the jackknife", Annals of Statistics 7 (1979), 1-26. The same seed gives the same draws.
    """
    rng = random.Random(seed)
    for _ in range(rounds):
        left, weight, drawn = sum(counts), sum(counts), []
        for count in counts:
            found = _draw_binomial(rng, left, count / weight) if left and weight else 0
            drawn.append(found)
            left, weight = left - found, weight - count
        yield drawn


def bootstrap(
    counts: Sequence[int], statistic: Callable[[Sequence[int]], float], *, seed: str, rounds: int = ROUNDS
) -> Interval:
    """The percentile interval (95 %) of a statistic of problems by kind; see `resamples`."""
    return middle_of([statistic(drawn) for drawn in resamples(counts, seed=seed, rounds=rounds)])


def middle_of(draws: Sequence[float], confidence: float = 0.95) -> Interval:
    """The interval that leaves the same share of `draws` out at both ends. Raises ValueError for none."""
    if not draws:
        raise ValueError("There is nothing drawn.")
    ordered, outside = sorted(draws), (1 - confidence) / 2
    cut = math.floor(outside * len(ordered))
    return Interval(ordered[cut], ordered[-1 - cut])


def quantile(counts: Mapping[int, int], share: float) -> int | None:
    """The smallest value that at least `share` of the values do not exceed; `counts` says how often each value is.

    The inverse of the empirical distribution: R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages",
    The American Statistician 50 (1996), 361-365, definition 1. None without values.
    """
    wanted, seen, value = share * sum(counts.values()), 0, None
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            break
    return value


@cache
def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _binomial(k: int, n: int, p: float) -> float:
    """The probability of k of n, for 0 < p < 1."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def _draw_binomial(rng: random.Random, n: int, p: float) -> int:
    """One draw by inversion, taking the values from the likeliest outwards: about sqrt(n) steps."""
    if p <= 0 or p >= 1:
        return n if p >= 1 else 0
    odds = p / (1 - p)
    below = above = min(n, math.floor((n + 1) * p))
    at_below = at_above = _binomial(below, n, p)
    left = rng.random() - at_below
    while left >= 0 and (below > 0 or above < n):
        next_below = at_below * below / ((n - below + 1) * odds) if below > 0 else -1.0
        next_above = at_above * (n - above) / (above + 1) * odds if above < n else -1.0
        if next_above >= next_below:
            above, at_above, left = above + 1, next_above, left - next_above
            found = above
        else:
            below, at_below, left = below - 1, next_below, left - next_below
            found = below
        if left < 0:
            return found
    return below
