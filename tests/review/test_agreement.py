"""Agreement figures against the worked values of their sources, and what must hold for all counts."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.review.agreement import (
    NEVER_DIFFERED,
    NO_ITEMS,
    ONE_CATEGORY,
    Figure,
    Kind,
    cohens_kappa,
    kappa_error,
    kinds_of,
    krippendorffs_alpha,
    raw_agreement,
)

pytestmark = pytest.mark.once

Confusion = dict[tuple[int, int], int]


def confusion(*rows: Sequence[int]) -> Confusion:
    return {(a, b): count for a, row in enumerate(rows) for b, count in enumerate(row)}


def alpha_of(*raters: str) -> Figure:
    """Each rater's values in the order of the items, "." where missing."""
    items = zip(*(rater.split() for rater in raters), strict=True)
    return krippendorffs_alpha(kinds_of([value for value in item if value != "."] for item in items), seed="test")


# Cohen (1960), the two judges of 200 cases whose agreement is .49; and the table with less agreement than by chance.
COHEN = confusion([88, 14, 18], [10, 40, 10], [2, 6, 12])
COHEN_BELOW_CHANCE = confusion([25, 13, 12], [12, 2, 16], [3, 15, 2])
# Fleiss, Cohen and Everitt (1969), 200 cases: .53 .05 .02 / .11 .14 .05 / .01 .06 .03.
FLEISS_COHEN_EVERITT = confusion([106, 10, 4], [22, 28, 10], [2, 12, 6])
# Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions" (2003), chapter 18: 100 diagnoses.
DIAGNOSES = confusion([75, 1, 4], [5, 4, 1], [0, 0, 10])
# SAS/STAT User's Guide, FREQ, "Cohen's kappa coefficient": 88 skin conditions rated by two dermatologists.
DERMATOLOGISTS = confusion([10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13])


@pytest.mark.parametrize(
    ("table", "expected", "digits"),
    [
        (COHEN, 0.492, 3),
        (COHEN_BELOW_CHANCE, -0.092, 3),
        (FLEISS_COHEN_EVERITT, 0.429, 3),
        (DIAGNOSES, 0.68, 2),
        (DERMATOLOGISTS, 0.3449, 4),
    ],
)
def test_kappa_is_that_of_its_sources(table: Confusion, expected: float, digits: int) -> None:
    found = cohens_kappa(table)
    assert found.value is not None
    assert round(found.value, digits) == expected


@pytest.mark.parametrize(
    ("table", "expected", "digits"), [(FLEISS_COHEN_EVERITT, 0.0537, 4), (DERMATOLOGISTS, 0.0724, 4)]
)
def test_the_standard_error_is_that_of_its_sources(table: Confusion, expected: float, digits: int) -> None:
    assert round(kappa_error(table), digits) == expected


def test_the_interval_of_kappa_is_that_of_the_user_guide() -> None:
    interval = cohens_kappa(DERMATOLOGISTS).interval
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2030, 0.4868)


@pytest.mark.parametrize(
    ("raters", "expected"),
    [
        # Krippendorff (2011), A: binary data, two observers.
        (("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095),
        # B: nominal data, two observers.
        (("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692),
        # C: four observers, with missing data.
        (
            (
                "1 2 3 3 2 1 4 1 2 . . .",
                "1 2 3 3 2 2 4 1 2 5 . 3",
                ". 3 3 3 2 3 4 2 2 5 1 .",
                "1 2 3 3 2 4 4 1 2 5 1 .",
            ),
            0.743,
        ),
    ],
)
def test_alpha_is_that_of_its_source(raters: tuple[str, ...], expected: float) -> None:
    found = alpha_of(*raters)
    assert found.value is not None
    assert found.interval is not None
    assert round(found.value, 3) == expected
    assert found.interval.holds(found.value)


def test_the_interval_of_alpha_is_the_same_with_the_same_seed() -> None:
    kinds: dict[Kind, int] = {(3, 0): 40, (2, 1): 12, (0, 3): 30, (1, 1): 5}
    first, again, other = (krippendorffs_alpha(kinds, seed=seed).interval for seed in ("a", "a", "b"))
    assert first == again != other


def test_the_interval_of_alpha_gets_narrower_with_more_items() -> None:
    few: dict[Kind, int] = {(2, 0): 20, (1, 1): 6, (0, 2): 14}
    widths = []
    for times in (1, 100):
        kinds = {kind: times * count for kind, count in few.items()}
        interval = krippendorffs_alpha(kinds, seed="width").interval
        assert interval is not None
        widths.append(interval.high - interval.low)
    assert widths[1] == pytest.approx(widths[0] / 10, rel=0.25)


def test_what_cannot_be_computed_says_why() -> None:
    assert raw_agreement(0, 0) == Figure(why=NO_ITEMS)
    assert cohens_kappa({}) == Figure(why=NO_ITEMS)
    assert cohens_kappa({(1, 1): 20}) == Figure(why=ONE_CATEGORY)
    assert krippendorffs_alpha({}, seed="") == Figure(why=NO_ITEMS)
    assert krippendorffs_alpha({(1, 0): 4, (0, 1): 4}, seed="") == Figure(why=NO_ITEMS)
    assert krippendorffs_alpha({(2, 0): 9}, seed="") == Figure(why=ONE_CATEGORY)


def test_one_verdict_of_the_other_kind_is_not_what_chance_would_give() -> None:
    found = cohens_kappa({(1, 1): 19, (1, 2): 1})
    assert found.value == pytest.approx(0.0)


def test_too_few_differences_give_no_interval() -> None:
    found = krippendorffs_alpha({(2, 0): 30, (1, 1): 1}, seed="few")
    assert found.value is not None
    assert found.interval is None
    assert "too few" in found.why


tables = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 2)), st.integers(1, 40), min_size=1, max_size=9
).map(Counter)
kinds = st.dictionaries(st.tuples(*[st.integers(0, 4)] * 3), st.integers(1, 40), min_size=1, max_size=8)


@given(tables)
def test_kappa_does_not_depend_on_who_is_first(table: Confusion) -> None:
    turned = {(b, a): count for (a, b), count in table.items()}
    assert_same(cohens_kappa(table), cohens_kappa(turned))


@given(tables, st.permutations(range(3)))
def test_kappa_does_not_depend_on_the_names_of_categories(table: Confusion, names: list[int]) -> None:
    renamed = {(names[a], names[b]): count for (a, b), count in table.items()}
    assert_same(cohens_kappa(table), cohens_kappa(renamed))


@given(tables)
def test_kappa_and_its_interval_stay_within_their_bounds(table: Confusion) -> None:
    found = cohens_kappa(table)
    if found.value is not None:
        assert -1 <= found.value <= 1
    if found.interval is not None:
        assert found.value is not None
        assert -1 <= found.interval.low <= found.value <= found.interval.high <= 1


@given(st.lists(st.integers(1, 50), min_size=2, max_size=3))
def test_full_agreement_is_one(counts: list[int]) -> None:
    expected = Figure(1.0, why=NEVER_DIFFERED)
    assert cohens_kappa({(place, place): count for place, count in enumerate(counts)}) == expected
    alike = {tuple(3 * (place == other) for other in range(3)): count for place, count in enumerate(counts)}
    assert krippendorffs_alpha(alike, seed="", rounds=20) == expected


@given(kinds)
def test_alpha_does_not_depend_on_the_order_of_categories(found: dict[tuple[int, int, int], int]) -> None:
    values = []
    for order in permutations(range(3)):
        turned = {tuple(kind[place] for place in order): count for kind, count in found.items()}
        values.append(krippendorffs_alpha(turned, seed="", rounds=1).value)
    assert values == [None] * 6 or values == pytest.approx([values[0]] * 6)


@given(st.lists(st.lists(st.sampled_from("ars"), min_size=2, max_size=4), min_size=1, max_size=20))
def test_alpha_does_not_depend_on_the_order_of_raters(items: list[list[str]]) -> None:
    turned = [list(reversed(item)) for item in items]
    first, second = (krippendorffs_alpha(kinds_of(rows), seed="", rounds=20) for rows in (items, turned))
    assert first == second


@given(tables)
def test_alpha_of_two_raters_is_near_kappa_of_many_items(table: Confusion) -> None:
    """Both correct the same share of equal verdicts: with equal margins and many items they are the same."""
    even: Counter[tuple[int, int]] = Counter()
    for (a, b), count in table.items():
        even[a, b] += 1000 * count
        even[b, a] += 1000 * count
    by_kind: Counter[tuple[int, ...]] = Counter()
    for (a, b), count in even.items():
        by_kind[tuple((a == place) + (b == place) for place in range(3))] += count
    kappa, alpha = cohens_kappa(even), krippendorffs_alpha(by_kind, seed="", rounds=1)
    assert kappa.value is None if alpha.value is None else kappa.value == pytest.approx(alpha.value, abs=0.01)


def assert_same(one: Figure, other: Figure) -> None:
    assert (one.value is None) == (other.value is None)
    assert one.why == other.why
    if one.value is not None:
        assert one.value == pytest.approx(other.value)
    if one.interval is not None:
        assert other.interval is not None
        assert one.interval.low == pytest.approx(other.interval.low)
        assert one.interval.high == pytest.approx(other.interval.high)
