"""The numbers of a run: from the tallies while it goes on, and the report from its results."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.evals.making import make_answer, make_run
from tests.factories import make_conversation, make_source
from webapp.evals.counts import live_numbers
from webapp.evals.models import EvalResult, EvalRun
from webapp.evals.reporting import REPORT_VERSION, build_report, write_report
from webapp.evals.statistics import middle_of, wilson

pytestmark = pytest.mark.django_db

Columns = dict[str, Any]


def run_of(*rows: Columns, samples: int = 1, **fields: Any) -> EvalRun:
    """A run with a conversation for each `samples` rows."""
    source = make_source()
    conversations = [make_conversation(source) for _ in range((len(rows) + samples - 1) // samples)]
    pairs = [(conversations[n // samples], {"sample": n % samples} | row) for n, row in enumerate(rows)]
    return make_run(pairs, **fields)


def outcome(name: str, **columns: Any) -> Columns:
    return {"task": "gsm8k", "outcome": name} | columns


def letter(name: str, expected: str, extracted: str = "") -> Columns:
    return {"task": "arc", "grader": "letter", "outcome": name, "expected": expected, "extracted": extracted}


def test_errors_stand_in_no_denominator_and_silence_does() -> None:
    run = run_of(*map(outcome, ["right", "right", "right", "wrong", "no_answer", "cut_off", "error", "error"]))
    counts = live_numbers(run).counts
    assert (counts.scored, counts.done, counts.error) == (6, 8, 2)
    assert counts.accuracy == 0.5
    assert counts.interval == wilson(3, 6)
    assert counts.of_answered == 0.75


def test_a_run_without_an_outcome_has_no_accuracy() -> None:
    live = live_numbers(run_of({}, outcome("error", kind="timeout"), state="running"))
    assert (live.done, live.total, live.waiting) == (1, 2, 1)
    assert (live.counts.accuracy, live.counts.interval, live.counts.of_answered) == (None, None, None)


def test_errors_and_failures_of_code_are_counted_by_kind() -> None:
    rows = [outcome("error", kind="timeout"), outcome("error", kind="timeout"), outcome("error", kind="refused")]
    rows += [outcome("wrong", kind="assertion"), outcome("wrong"), outcome("right", kind="passed")]
    live = live_numbers(run_of(*rows))
    assert live.errors == [("timeout", 2), ("refused", 1)]
    assert live.failures == [("assertion", 1)]


def test_the_lenient_rule_is_compared_on_what_both_rules_judged() -> None:
    rows = [outcome("right", lenient_right=True), outcome("wrong", lenient_right=True)]
    rows += [outcome("no_answer", lenient_right=False), outcome("right", task="mmlu"), outcome("error")]
    counts = live_numbers(run_of(*rows)).counts
    assert (counts.judged, counts.strict_right, counts.lenient_right) == (3, 1, 2)
    assert counts.lenient_accuracy == pytest.approx(2 / 3)
    assert counts.strict == wilson(1, 3)


def test_subjects_stand_with_the_weakest_first_and_the_unscored_last() -> None:
    rows = [outcome("right", subject="law"), outcome("wrong", subject="law"), outcome("wrong", subject="art")]
    rows += [outcome("error", subject="zoo"), outcome("right", subject="maths")]
    live = live_numbers(run_of(*rows))
    assert [group.subject for group in live.subjects] == ["art", "law", "maths", "zoo"]
    assert [group.task for group in live.tasks] == ["gsm8k"]


def test_a_run_without_subjects_has_no_table_of_them() -> None:
    assert live_numbers(run_of(outcome("right"), outcome("wrong", task="arc"))).subjects == []


SEVERAL = {"samples": 4, "temperature": 1.0}


def test_several_samples_have_the_interval_of_the_report_and_no_other() -> None:
    """Ten problems, half of them always right: the samples say no more than the problems do."""
    rows = [outcome(name) for name in ["right", "wrong"] * 5 for _ in range(4)]
    run = run_of(*rows, samples=4, options=SEVERAL)
    assert (live_numbers(run).counts.accuracy, live_numbers(run).counts.interval) == (0.5, None)
    write_report(run.pk)
    run.refresh_from_db()
    live = live_numbers(run)
    assert live.counts.interval == middle_of(run.report["draws"]["gsm8k"])
    assert live.tasks[0].counts.interval == live.counts.interval
    assert live.counts.interval.high - live.counts.interval.low > 1.5 * (wilson(20, 40).high - wilson(20, 40).low)


def test_several_samples_have_no_interval_over_tasks_subjects_and_rules() -> None:
    rows = [outcome("right", lenient_right=True, subject="a")] * 4 + [outcome("wrong", task="arc", subject="b")] * 4
    run = run_of(*rows, samples=4, options=SEVERAL)
    write_report(run.pk)
    run.refresh_from_db()
    live = live_numbers(run)
    assert live.counts.interval is None
    assert all(group.counts.interval for group in live.tasks)
    assert [group.counts.interval for group in live.subjects] == [None, None]
    assert (live.counts.strict, live.counts.lenient, live.counts.lenient_accuracy) == (None, None, 1.0)


def test_a_report_of_other_answers_lends_no_interval() -> None:
    run = run_of(*[outcome("right")] * 4, samples=4, options=SEVERAL)
    write_report(run.pk)
    run.refresh_from_db()
    run.report["rows"] = 3
    assert live_numbers(run).counts.interval is None


def test_the_live_numbers_are_one_query() -> None:
    run = run_of(*(outcome("right", subject=f"s{number}") for number in range(30)))
    with CaptureQueriesContext(connection) as queries:
        live_numbers(run)
    assert len(queries) == 1


def test_letters_are_counted_against_the_reference() -> None:
    rows = [letter("right", "A", "A"), letter("wrong", "A", "B"), letter("no_answer", "B"), letter("error", "C")]
    rows += [outcome("right", expected="4", extracted="4")]
    report = build_report(run_of(*rows))
    assert report["letters"] == [["A", "A", 1], ["A", "B", 1], ["B", "", 1]]
    assert report["letters_right"] == {"A": 1, "B": 0}


def test_tokens_and_times_are_summed_up_and_what_was_not_told_is_left_out() -> None:
    told: list[Columns] = [
        {"prompt_tokens": n, "completion_tokens": 10 * n, "latency_ms": 100 * n} for n in (1, 2, 3, 4)
    ]
    rows = [outcome("right", answer=make_answer(**known)) for known in told]
    rows += [outcome("right", answer=make_answer(latency_ms=None)), outcome("error")]
    report = build_report(run_of(*rows))
    assert report["rows"] == 6
    assert report["prompt_tokens"] | {"histogram": 0} == {
        "known": 4, "sum": 10, "median": 2, "p90": 4, "p99": 4, "most": 4, "histogram": 0,
    }  # fmt: skip
    assert report["completion_tokens"]["sum"] == 100
    assert (report["latency_ms"]["median"], report["latency_ms"]["p99"]) == (200, 400)
    assert sum(count for _, _, count in report["latency_ms"]["histogram"]) == 4


def test_an_endpoint_that_tells_no_tokens_has_none() -> None:
    report = build_report(run_of(outcome("right", answer=make_answer(latency_ms=None))))
    assert (report["prompt_tokens"], report["completion_tokens"], report["latency_ms"]) == (None, None, None)


def test_the_two_rules_are_laid_side_by_side() -> None:
    rows = [outcome("right", lenient_right=True), outcome("wrong", lenient_right=True)]
    rows += [outcome("cut_off", lenient_right=False), outcome("right", lenient_right=False)]
    report = build_report(run_of(*rows))
    assert report["rules"] == {"gsm8k": {"both": 1, "only_strict": 1, "only_lenient": 1, "none": 1}}


def test_pass_at_k_is_the_mean_over_problems() -> None:
    """Two of four, none of four: pass@2 is 1 - C(2,2)/C(4,2) = 5/6 and 0."""
    names = ["right", "right", "wrong", "no_answer", "wrong", "wrong", "cut_off", "wrong"]
    report = build_report(run_of(*(outcome(name, task="humaneval") for name in names), samples=4))
    found = {line["k"]: line["value"] for line in report["pass_at_k"]}
    assert found == {1: pytest.approx(0.25), 2: pytest.approx(5 / 12)}
    assert all(line["low"] <= line["value"] <= line["high"] for line in report["pass_at_k"])


def test_pass_at_k_leaves_problems_with_too_few_scored_samples_out() -> None:
    names = ["right", "error", "wrong", "right"]
    lines = build_report(run_of(*(outcome(name) for name in names), samples=2))["pass_at_k"]
    assert [(line["k"], line["problems"], line["left_out"]) for line in lines] == [(1, 2, 0), (2, 1, 1)]
    assert lines[1]["value"] == 1.0


def test_one_sample_has_no_pass_at_k() -> None:
    assert build_report(run_of(outcome("right")))["pass_at_k"] == []


def test_the_draws_are_those_of_the_accuracy_and_the_same_again() -> None:
    run = run_of(*([outcome("right")] * 8 + [outcome("wrong")] * 2))
    draws = build_report(run)["draws"]["gsm8k"]
    assert len(draws) == 1000
    assert sum(draws) / 1000 == pytest.approx(0.8, abs=0.02)
    assert draws == build_report(run)["draws"]["gsm8k"]


def test_an_empty_run_has_a_report_too() -> None:
    report = build_report(make_run([]))
    assert (report["rows"], report["letters"], report["draws"], report["pass_at_k"]) == (0, [], {}, [])


def test_results_without_an_outcome_are_left_out() -> None:
    report = build_report(run_of({"expected": "A"}, outcome("right"), state="running"))
    assert report["rows"] == 1


def test_the_report_is_kept_with_the_run_as_plain_values() -> None:
    run = run_of(outcome("right"), outcome("wrong"))
    write_report(run.pk)
    run.refresh_from_db()
    assert run.report["version"] == REPORT_VERSION
    assert run.report == json.loads(json.dumps(build_report(run)))
    assert run.reported_at is not None


def test_the_report_reads_all_results_with_one_query() -> None:
    run = run_of(*([outcome("right", text="x")] * 20))
    with CaptureQueriesContext(connection) as queries:
        build_report(run)
    assert len([query for query in queries.captured_queries if "SELECT" in query["sql"]]) == 1
    assert EvalResult.objects.filter(run=run).count() == 20
