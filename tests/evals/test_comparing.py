"""What is compared: pairs of the same question, and nothing else; the words for it."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.evals.making import make_run
from tests.factories import make_conversation, make_source
from webapp.common.running import run_slice
from webapp.conversations.actions.sources import delete_source, purge_source
from webapp.conversations.models import Conversation
from webapp.evals.comparing import Compared, Comparison, compare, flips
from webapp.evals.comparing_words import against_chance, compared_subjects, compared_tasks, excluded_subjects, span_of
from webapp.evals.comparing_words import verdict as verdict_of
from webapp.evals.models import EvalRun
from webapp.evals.places import BEGINNING
from webapp.evals.statistics import Pairs, exact_mcnemar

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def conversations(count: int) -> list[Conversation]:
    source = make_source()
    return [make_conversation(source) for _ in range(count)]


def run_of(questions: Iterable[Conversation], outcomes: str, **columns: Any) -> EvalRun:
    """A run with an outcome for each letter: right, wrong, no answer, cut off, error; "." waits, " " is not asked."""
    names = {"r": "right", "w": "wrong", "n": "no_answer", "c": "cut_off", "e": "error", ".": ""}
    asked = [(one, letter) for one, letter in zip(questions, outcomes, strict=True) if letter != " "]
    return make_run([(one, {"task": "mmlu", "outcome": names[letter]} | columns) for one, letter in asked])


def test_pairs_are_counted_and_what_is_none_is_left_out() -> None:
    asked = conversations(12)
    found = compare(run_of(asked, "rrrwnccwe.r "), run_of(asked, "rrwrrcrwrr e"))
    assert found.whole.pairs == Pairs(both=2, only_a=1, only_b=3, none=2)
    assert (found.errors, found.unfinished, found.versions) == (1, 1, 0)
    assert (found.only_a, found.only_b) == (1, 1)


def test_no_answer_and_cut_off_are_not_right() -> None:
    asked = conversations(4)
    found = compare(run_of(asked, "rrnc"), run_of(asked, "ncrr"))
    assert found.whole.pairs == Pairs(only_a=2, only_b=2)


def test_the_same_conversation_in_two_versions_is_no_pair() -> None:
    asked = conversations(2)
    found = compare(run_of(asked, "rr"), run_of(asked, "rr", version=2))
    assert (found.whole.pairs.total, found.versions) == (0, 2)


def test_samples_are_paired_by_their_number() -> None:
    question = conversations(1)[0]
    run_a, run_b = (
        make_run([(question, {"sample": n, "outcome": name}) for n, name in enumerate(names)])
        for names in (["right", "wrong"], ["wrong", "right", "right"])
    )
    found = compare(run_a, run_b)
    assert (found.whole.pairs, found.only_b) == (Pairs(only_a=1, only_b=1), 1)


def test_subjects_have_differences_of_their_own_the_largest_first() -> None:
    source = make_source()
    asked = [make_conversation(source) for _ in range(5)]
    subjects = ["law", "law", "art", "art", "art"]
    run_a, run_b = (
        make_run(
            [
                (one, {"task": "mmlu", "subject": subject, "outcome": "right" if letter == "r" else "wrong"})
                for one, subject, letter in zip(asked, subjects, letters, strict=True)
            ]
        )
        for letters in ("rrrrw", "wwrrr")
    )
    found = compare(run_a, run_b)
    assert [(one.subject, one.difference) for one in found.subjects] == [("law", -1.0), ("art", pytest.approx(1 / 3))]
    assert [row.name for row in compared_subjects(found)] == ["law", "art"]
    assert compared_tasks(found) == []


def test_the_difference_is_b_minus_a_with_its_interval_and_test() -> None:
    """The table of Cavo and others (2012) again, b being the second column; see test_statistics."""
    whole = Compared(pairs=Pairs(59, 6, 16, 80))
    assert round(whole.difference, 4) == 0.0621
    assert (round(whole.interval.low, 4), round(whole.interval.high, 4)) == (0.0046, 0.1186)
    assert whole.p == exact_mcnemar(6, 16)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (Pairs(59, 6, 16, 80), "B is better by 6.2 points, 95 % interval 0.5 to 11.9"),
        (Pairs(59, 16, 6, 80), "A is better by 6.2 points, 95 % interval 0.5 to 11.9"),
        (Pairs(50, 10, 12, 28), "B is ahead by 2.0 points, but it may be chance: 95 % interval −7.3 to 11.2"),
        (Pairs(50, 12, 10, 28), "A is ahead by 2.0 points, but it may be chance: 95 % interval −7.3 to 11.2"),
        (Pairs(10, 0, 0, 10), "Both have as many right, 95 % interval"),
        (Pairs(), ""),
    ],
)
def test_the_verdict_says_who_is_ahead_and_how_sure_that_is(pairs: Pairs, words: str) -> None:
    assert verdict_of(Compared(pairs=pairs)).startswith(words)
    assert bool(words) == bool(verdict_of(Compared(pairs=pairs)))


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (Pairs(59, 6, 16, 80), "22 questions flipped, 16 to B and 6 to A. "),
        (Pairs(59, 6, 16, 80), "p = 0.0525 "),
        (Pairs(0, 200, 900, 0), "p < 0.0001 "),
        (Pairs(0, 9, 10, 0), "p = 1.00 "),
        (Pairs(5, 0, 0, 5), "No question flipped."),
    ],
)
def test_the_test_is_put_in_words(pairs: Pairs, words: str) -> None:
    assert words in against_chance(Compared(pairs=pairs))


def test_many_intervals_come_with_a_warning_against_picking() -> None:
    clear, open_ = Compared(pairs=Pairs(0, 0, 50, 0)), Compared(pairs=Pairs(9, 1, 1, 9))
    assert excluded_subjects([clear, open_]).startswith(
        "1 of 2 intervals leave out zero; between equal models about 0.1"
    )
    assert "about 3 would" in excluded_subjects([open_] * 57)
    assert excluded_subjects([clear]) == ""


def test_the_plots_reach_as_far_as_the_widest_interval() -> None:
    assert span_of(Comparison()) == 0.1
    assert span_of(Comparison(subjects=[Compared(pairs=Pairs(100, 10, 12, 100))])) == 0.1
    assert span_of(Comparison(subjects=[Compared(pairs=Pairs(0, 0, 5, 0))])) == 1.0


def test_flips_go_both_ways_in_the_order_of_the_conversations() -> None:
    asked = conversations(6)
    run_a, run_b = run_of(asked, "rwrwre", extracted="A"), run_of(asked, "wrnrrr", extracted="B")
    gained, lost = (flips(run_a, run_b, way, BEGINNING) for way in ("gained", "lost"))
    assert [flip.conversation for flip in gained] == [asked[1], asked[3]]
    assert [flip.conversation for flip in lost] == [asked[0], asked[2]]
    assert (lost[1].outcome_a, lost[1].outcome_b, lost[1].extracted_b) == ("right", "no_answer", "B")


def test_flips_come_page_by_page_without_a_gap() -> None:
    question, *others = conversations(4)
    rows = [(question, {"sample": n, "outcome": "right"}) for n in range(3)]
    rows += [(one, {"sample": 0, "outcome": "right"}) for one in others]
    run_a = make_run(rows)
    run_b = make_run([(one, columns | {"outcome": "wrong"}) for one, columns in rows])
    whole = [flip.place for flip in flips(run_a, run_b, "lost", BEGINNING, 10)]
    seen, place = [], BEGINNING
    while page := flips(run_a, run_b, "lost", place, 2):
        place = page[-1].place
        seen += [flip.place for flip in page]
    assert len(whole) == 6
    assert seen == whole


def test_an_edited_conversation_is_no_flip() -> None:
    asked = conversations(1)
    assert flips(run_of(asked, "r"), run_of(asked, "w", version=2), "lost", BEGINNING) == []


def test_what_is_kept_is_counted_anew_when_a_run_has_changed() -> None:
    asked = conversations(2)
    run_a, run_b = run_of(asked, "rr"), run_of(asked, "r.")
    assert compare(run_a, run_b).whole.pairs.total == 1
    run_b.results.filter(outcome="").update(outcome="wrong")
    run_b.done = 2
    assert compare(run_a, run_b).whole.pairs.total == 2


def test_a_paused_run_is_kept_until_it_goes_on(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    asked = conversations(2)
    run_a, run_b = run_of(asked, "rr"), run_of(asked, "r.")
    run_b.state = EvalRun.State.PAUSED
    compare(run_a, run_b)
    with django_assert_max_num_queries(1):  # whether something was deleted since
        assert compare(run_a, run_b).unfinished == 1


@pytest.mark.parametrize("column", ["reported_at", "finished_at"])
def test_what_is_kept_is_counted_anew_after_scoring_again_and_a_retry(column: str) -> None:
    asked = conversations(1)
    run_a, run_b = run_of(asked, "r"), run_of(asked, "w")
    assert compare(run_a, run_b).whole.pairs.only_a == 1
    run_b.results.update(outcome="right")
    setattr(run_b, column, timezone.now())
    assert compare(run_a, run_b).whole.pairs.both == 1


def test_what_is_kept_is_counted_anew_after_conversations_were_deleted_for_good() -> None:
    kept, gone = conversations(1), conversations(2)
    run_a, run_b = run_of(kept + gone, "rrr"), run_of(kept + gone, "rrw")
    assert compare(run_a, run_b).whole.pairs.total == 3
    source = gone[0].source
    delete_source(source=source, by=None)
    run_slice(purge_source(source=source, by=None).pk, slice_seconds=None)
    found = compare(run_a, run_b)
    assert (found.whole.pairs.total, found.only_a, found.only_b) == (1, 2, 2)


def test_a_run_that_goes_on_is_counted_each_time() -> None:
    asked = conversations(2)
    run_a, run_b = run_of(asked, "rr"), run_of(asked, "r.")
    run_b.state = EvalRun.State.RUNNING
    assert compare(run_a, run_b).unfinished == 1
    run_b.results.filter(outcome="").update(outcome="wrong")
    assert compare(run_a, run_b).unfinished == 0
