"""The course of a run, with the two baselines: choosing, asking, scoring, counting, ending."""

import hashlib

import pytest

from tests.evals.working import (
    asked,
    baseline,
    choice_source,
    code_source,
    evaluate,
    number_source,
    outcomes,
    start,
    tallied,
    work,
)
from tests.factories import chat, make_conversation, make_source
from webapp.common.models import Job
from webapp.conversations.actions.review import save_edit
from webapp.conversations.models import Flag, Source
from webapp.evals.counts import live_numbers
from webapp.evals.models import Answer, EvalRun

pytestmark = pytest.mark.django_db


def test_the_reference_is_right_everywhere() -> None:
    for source in (choice_source(12), number_source(5), code_source()):
        run = evaluate(source, baseline("reference"))
        assert run.state == EvalRun.State.DONE
        assert (run.total, run.done) == (source.conversations.count(), source.conversations.count())
        assert outcomes(run) == tallied(run) == {"right": run.total}
        assert run.report
        assert run.job is not None
        assert (run.job.done, run.job.state) == (run.total, Job.State.DONE)


def test_what_fails_its_own_grader_is_flagged_once() -> None:
    source = number_source(3)
    broken = make_conversation(source, chat("How many?", "I forgot the number."))
    for _ in range(2):
        run = evaluate(source, baseline("reference"))
        assert outcomes(run) == tallied(run) == {"right": 3, "no_answer": 1}
    flag = Flag.objects.get()
    assert (flag.conversation, flag.reason.slug, flag.turn) == (broken, "broken-example", None)
    broken.refresh_from_db()
    assert broken.open_flags == 1


def test_no_flag_is_set_by_another_endpoint() -> None:
    run = evaluate(choice_source(8), baseline("chance"))
    assert outcomes(run) == tallied(run)
    assert not Flag.objects.exists()


def test_chance_guesses_the_same_for_the_same_seed() -> None:
    source = choice_source(40)
    first, second, other = (evaluate(source, baseline("chance"), seed=seed) for seed in (1, 1, 2))
    letters = [list(run.results.order_by("pk").values_list("extracted", flat=True)) for run in (first, second, other)]
    assert letters[0] == letters[1] != letters[2]
    assert set(letters[0]) == set("ABCD")
    assert second.from_store == 40


def test_chance_is_within_its_interval_of_a_quarter() -> None:
    run = evaluate(choice_source(400), baseline("chance"))
    interval = live_numbers(run).counts.interval
    assert interval is not None
    assert interval.holds(0.25)


def test_each_result_keeps_its_answer_beside_its_conversation() -> None:
    run = evaluate(number_source(2), baseline("reference"))
    result = run.results.select_related("answer").order_by("pk")[1]
    assert result.answer is not None
    assert result.answer.text == "It is 1.\n#### 1"
    assert (result.extracted, result.expected, result.grader, result.version) == ("1", "1", "number", 1)


def test_what_nothing_can_score_is_left_out_and_counted() -> None:
    source = number_source(2, task="")
    make_conversation(source, chat("Hello", "Hi"))
    make_conversation(source, chat("Hello?"), issues=",one_message,")
    run = evaluate(source, baseline("reference"))
    assert (run.total, run.left_out, run.state) == (2, 2, EvalRun.State.DONE)


def test_a_run_with_nothing_to_score_says_so_and_cannot_go_on() -> None:
    source = make_source()
    make_conversation(source, chat("Hello", "Hi"))
    run = start(source, baseline("reference"))
    job = work(run)
    assert (job.state, job.final, run.state) == (Job.State.FAILED, True, EvalRun.State.FAILED)
    assert "Nothing can score" in run.reason


def test_a_run_over_nothing_says_so() -> None:
    run = start(make_source(), baseline("reference"))
    assert "No conversation fits" in work(run).error


def test_a_filter_and_a_sample_choose() -> None:
    source = choice_source(30)
    some = evaluate(source, baseline("chance"), filter={"subject": "anatomy"})
    assert {row.subject for row in asked(some)} == {"anatomy"}
    first, second = (evaluate(source, baseline("chance"), sample=7) for _ in range(2))
    assert len(asked(first)) == 7
    assert asked(first) == asked(second)
    assert first.selection_hash == second.selection_hash != some.selection_hash


def test_a_sample_larger_than_there_is_takes_all() -> None:
    assert len(asked(evaluate(choice_source(3), baseline("chance"), sample=10))) == 3


def test_the_hash_of_the_selection_follows_from_ids_versions_and_texts() -> None:
    source = choice_source(2)
    run = evaluate(source, baseline("reference"))
    digest = hashlib.sha256(bytes.fromhex(""))
    for row in source.conversations.order_by("pk"):
        digest.update(f"{row.pk} {row.version} {bytes(row.content_hash).hex()}\n".encode())
    assert run.selection_hash == digest.hexdigest()


def test_an_edit_after_the_choice_does_not_change_what_is_asked() -> None:
    source = number_source(1)
    run = start(source, baseline("reference"))
    row = source.conversations.get()
    assert run.job_id is not None
    # Chosen, then edited, then asked: the run was stopped in between.
    from webapp.common.running import JobRun, claim
    from webapp.evals.planning import plan

    job = claim(run.job_id)
    assert job is not None
    plan(JobRun(job, None), run)
    save_edit(conversation_id=row.pk, version=1, messages=chat("What is 0 + 0?", "#### 5"), by=None)
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    work(run)
    result = run.results.select_related("answer").get()
    assert (result.version, result.outcome, result.expected) == (1, "right", "0")


def test_samples_are_asked_one_by_one() -> None:
    run = evaluate(choice_source(3), baseline("chance"), samples=4, temperature=0.5)
    assert (run.total, run.done) == (12, 12)
    pairs = list(run.results.values_list("conversation", "sample"))
    assert len(set(pairs)) == 12


def test_slices_give_the_same_as_one_go() -> None:
    source = choice_source(25)
    whole = evaluate(source, baseline("chance"))
    cut = start(source, baseline("chance"))
    work(cut, slice_seconds=0)
    assert outcomes(cut) == outcomes(whole) == tallied(cut)
    assert cut.selection_hash == whole.selection_hash


def test_a_purged_conversation_takes_its_results_and_answers_along() -> None:
    source = number_source(2)
    run = evaluate(source, baseline("reference"))
    from webapp.common.running import run_slice
    from webapp.conversations.actions.sources import delete_source, purge_source

    delete_source(source=source, by=None)
    run_slice(purge_source(source=source, by=None).pk, slice_seconds=None)
    assert not run.results.exists()
    assert not Answer.objects.exists()
    assert tallied(run) == {"right": 2}
    assert not Source.objects.filter(pk=source.pk).exists()
