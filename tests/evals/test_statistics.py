"""Formulas against worked values from where they come from, or, where these print none, against counting everything."""

import math
import random
from collections import Counter
from itertools import combinations, pairwise, product

import pytest

from webapp.evals.histograms import Bin, histogram
from webapp.evals.statistics import (
    Interval,
    Pairs,
    bootstrap,
    exact_mcnemar,
    middle_of,
    paired_difference,
    pass_at_k,
    quantile,
    resamples,
    wilson,
)

pytestmark = pytest.mark.once

#: Complete response before and after consolidation therapy (Cavo and others, 2012): the example of chapter 8 of
#: Fagerland, Lydersen and Laake, "Statistical analysis of contingency tables" (2017). The results are those that the
#: authors' R package `contingencytables` is tested against.
CAVO = Pairs(both=59, only_a=6, only_b=16, none=80)
#: Two media for culturing tubercle bacilli: Armitage and Berry, "Statistical methods in medical research" (1994),
#: p. 127; the exact probability is the one that the manual of StatsDirect gives for it.
ARMITAGE_BERRY = Pairs(both=20, only_a=12, only_b=2, none=16)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_values_of_newcombe_1998(right: int, n: int, low: float, high: float) -> None:
    """Table I of "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, method 3."""
    found = wilson(right, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_wilson_inverts_the_score_test() -> None:
    """By definition: at its limits the score statistic is the quantile of the normal distribution."""
    found = wilson(37, 90, 0.9)
    for limit in (found.low, found.high):
        assert abs(37 / 90 - limit) / math.sqrt(limit * (1 - limit) / 90) == pytest.approx(1.6448536, abs=1e-6)


@pytest.mark.parametrize("n", [1, 7, 14_042])
def test_wilson_ends_at_zero_and_one(n: int) -> None:
    assert wilson(0, n).low == 0.0
    assert wilson(n, n).high == 1.0
    assert 0 < wilson(n, n).low < 1


@pytest.mark.parametrize(("right", "n"), [(0, 0), (3, 2), (-1, 4)])
def test_wilson_refuses_what_is_no_proportion(right: int, n: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson(right, n)


def test_the_paired_interval_gives_the_worked_value() -> None:
    found = paired_difference(CAVO)
    assert (round(found.low, 4), round(found.high, 4)) == (-0.1186, -0.0046)


def test_the_paired_interval_turns_with_the_two() -> None:
    turned = paired_difference(Pairs(CAVO.both, CAVO.only_b, CAVO.only_a, CAVO.none))
    found = paired_difference(CAVO)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_the_paired_interval_without_correlation_is_square_and_add() -> None:
    """A covariance from 0 to n / 2 counts as none (here 5 of 21): then only the two score intervals are in it."""
    pairs = Pairs(1, 1, 7, 12)
    first, second = wilson(2, 21), wilson(8, 21)
    below = math.hypot(2 / 21 - first.low, second.high - 8 / 21)
    assert paired_difference(pairs).low == pytest.approx(-6 / 21 - below)


@pytest.mark.parametrize("pairs", [Pairs(10), Pairs(none=5), Pairs(only_a=9), Pairs(only_b=9), Pairs(5, 0, 0, 5)])
def test_the_paired_interval_stays_inside_where_a_margin_is_empty(pairs: Pairs) -> None:
    found = paired_difference(pairs)
    assert -1 <= found.low <= (pairs.only_a - pairs.only_b) / pairs.total <= found.high <= 1


def test_the_paired_interval_is_narrower_than_the_unpaired_where_the_two_go_together() -> None:
    together, apart = Pairs(90, 5, 10, 95), Pairs(48, 47, 52, 53)
    assert together.total == apart.total
    widths = [found.high - found.low for found in map(paired_difference, (together, apart))]
    assert widths[0] < widths[1] / 1.8


def test_mcnemar_gives_the_worked_values() -> None:
    assert round(exact_mcnemar(CAVO.only_a, CAVO.only_b), 6) == 0.052479
    assert round(exact_mcnemar(ARMITAGE_BERRY.only_a, ARMITAGE_BERRY.only_b), 4) == 0.0129


@pytest.mark.parametrize(("a", "b"), [(0, 1), (0, 6), (3, 5), (40, 60), (7, 7), (0, 0)])
def test_mcnemar_is_twice_the_smaller_tail(a: int, b: int) -> None:
    """Counted with whole numbers."""
    n = a + b
    tail = sum(math.comb(n, k) for k in range(min(a, b) + 1))
    assert exact_mcnemar(a, b) == pytest.approx(min(1.0, 2 * tail / 2**n))


def test_mcnemar_holds_for_many_flips() -> None:
    assert exact_mcnemar(7000, 7042) == pytest.approx(0.72935, abs=1e-4)
    assert exact_mcnemar(100, 5000) == 0.0


@pytest.mark.parametrize(("n", "right"), [(6, 0), (6, 1), (6, 4), (6, 6)])
@pytest.mark.parametrize("k", [1, 2, 5, 6])
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(n: int, right: int, k: int) -> None:
    """The paper prints no worked value: all ways to draw k of the n samples are counted instead."""
    samples = [index < right for index in range(n)]
    draws = list(combinations(samples, k))
    assert pass_at_k(n, right, k) == pytest.approx(sum(map(any, draws)) / len(draws))


@pytest.mark.parametrize(("n", "right", "k"), [(5, 6, 1), (5, -1, 1), (5, 1, 6), (5, 1, 0)])
def test_pass_at_k_refuses_impossible_counts(n: int, right: int, k: int) -> None:
    with pytest.raises(ValueError, match="cannot be said"):
        pass_at_k(n, right, k)


def test_a_resample_has_as_many_problems_and_is_drawn_anew_by_its_seed() -> None:
    counts = [3, 0, 40, 7]
    drawn = list(resamples(counts, seed="one", rounds=50))
    assert {sum(one) for one in drawn} == {50}
    assert {one[1] for one in drawn} == {0}
    assert drawn == list(resamples(counts, seed="one", rounds=50))
    assert drawn != list(resamples(counts, seed="two", rounds=50))


def test_resamples_are_distributed_as_drawing_with_replacement() -> None:
    """All 27 ways to draw three of {x, y, y} with replacement, against many draws."""
    expected = Counter(sum(one == "x" for one in way) for way in product("xyy", repeat=3))
    found = Counter(one[0] for one in resamples([1, 2], seed="s", rounds=20_000))
    for value, ways in expected.items():
        assert found[value] / 20_000 == pytest.approx(ways / 27, abs=0.012)


def test_the_bootstrap_agrees_with_resampling_problem_by_problem() -> None:
    values = [1.0] * 30 + [0.4] * 20 + [0.0] * 50
    rng = random.Random(1)
    draws = [sum(rng.choices(values, k=100)) / 100 for _ in range(4000)]
    slow = middle_of(draws)
    quick = bootstrap([30, 20, 50], lambda drawn: (drawn[0] + 0.4 * drawn[1]) / 100, seed="s", rounds=4000)
    assert (quick.low, quick.high) == pytest.approx((slow.low, slow.high), abs=0.015)


def test_the_middle_leaves_out_as_many_at_both_ends() -> None:
    assert middle_of(list(range(1000))) == Interval(25, 974)
    assert middle_of([3.0]) == Interval(3.0, 3.0)


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.51, 3), (0.9, 10), (1.0, 10), (0.01, 1)])
def test_a_quantile_is_the_smallest_value_that_covers_the_share(share: float, value: int) -> None:
    assert quantile({10: 1, 1: 1, 2: 1, 3: 1}, share) == value


def test_there_is_no_quantile_of_nothing() -> None:
    assert quantile({}, 0.5) is None


@pytest.mark.parametrize("values", [[0], [5, 5, 5], [0, 1], list(range(400)), [1, 10_000_000], [120] * 500 + [9000]])
def test_a_histogram_holds_every_value_once_in_few_bins(values: list[int]) -> None:
    bins = histogram(Counter(values))
    assert sum(found.total for found in bins) == len(values)
    assert len(bins) <= 21
    assert all(one.high == other.low for one, other in pairwise(bins))
    for found in bins:
        top = math.inf if found.high is None else found.high
        assert found.total == sum(found.low <= value < top for value in values)


def test_the_last_hundredth_does_not_stretch_a_histogram() -> None:
    bins = histogram({**dict.fromkeys(range(100, 299), 10), 60_000: 5})
    assert bins[0] == Bin(100, 120, 200)
    assert bins[-1] == Bin(300, None, 5)


def test_nothing_has_no_histogram() -> None:
    assert histogram({}) == []
