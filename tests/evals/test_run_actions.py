"""Starting, cancelling, resuming, retrying, scoring again and deleting runs."""

from typing import Any

import pytest

from tests.evals.working import baseline, choice_source, evaluate, number_source, outcomes, start, tallied, work
from tests.factories import make_source, make_user
from webapp.accounts.models import Role
from webapp.common.actions import cancel_job, continue_job, queue_job
from webapp.common.errors import BadRequest, Conflict, Forbidden, Unprocessable
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.models import Source
from webapp.evals.actions import runs as actions
from webapp.evals.choosing import Selection, TaskChoice
from webapp.evals.configuration import RunSettings
from webapp.evals.models import Answer, EvalResult, EvalRun, EvalTally, Outcome
from webapp.evals.sharing import HELP

pytestmark = pytest.mark.django_db


def make_errors(run: EvalRun, count: int) -> None:
    """As if `count` of the results had ended in an error of the infrastructure."""
    ids = list(run.results.order_by("pk").values_list("pk", flat=True)[:count])
    EvalResult.objects.filter(pk__in=ids).update(outcome=Outcome.ERROR, kind="timeout", answer=None)
    EvalTally.objects.filter(run=run).delete()
    for outcome, kind, total in (("error", "timeout", count), ("right", "", run.total - count)):
        EvalTally.objects.create(run=run, task="gsm8k", outcome=outcome, kind=kind, total=total)


@pytest.mark.parametrize("name", ["", "   "])
def test_a_run_needs_a_name(name: str) -> None:
    with pytest.raises(BadRequest, match="name"):
        start(number_source(1), baseline("reference"), name=name)


def test_a_retired_endpoint_is_not_asked() -> None:
    from django.utils import timezone

    endpoint = baseline("chance")
    endpoint.retired_at = timezone.now()
    with pytest.raises(Unprocessable, match="retired"):
        start(number_source(1), endpoint)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": 9.0}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"top_p": 1.5}, "top_p"),
        ({"samples": 5}, "temperature 0"),
        ({"mode": "guess"}, "mode"),
        ({"code_mode": "wild"}, "code_mode"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_settings_are_refused_by_name(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        RunSettings(**options)


def test_a_task_that_is_there_is_used() -> None:
    values = {"subset": "main", "split": "test", "start": 0, "stop": None, "step": 1}
    source = make_source(kind=Source.Kind.TASK, task="gsm8k", parameters=values)
    found = actions.source_of_task(task=TaskChoice("gsm8k", {"split": "test"}), by=None, send=False)
    assert found == source


def test_a_task_that_is_not_there_is_imported_once() -> None:
    choice = TaskChoice("gsm8k", {"split": "test"})
    first = actions.source_of_task(task=choice, by=None, send=False)
    assert first.state == Source.State.IMPORTING
    assert actions.source_of_task(task=choice, by=None, send=False) == first
    run = actions.start_run(
        name="r", endpoint=baseline("reference"), selection=Selection(), options=RunSettings(), by=None, task=choice,
        send=False,
    )  # fmt: skip
    assert run.selection["filter"] == {"source": [first.pk]}


def test_a_run_waits_for_the_import_and_stops_when_it_was_given_up() -> None:
    source = number_source(1)
    Source.objects.filter(pk=source.pk).update(state=Source.State.IMPORTING)
    run = start(source, baseline("reference"))
    assert run.job_id is not None
    job = run_slice(run.job_id, slice_seconds=0)
    assert job is not None
    assert (job.state, job.step) == (Job.State.QUEUED, "waiting for the import")
    Source.objects.filter(pk=source.pk).update(state=Source.State.INCOMPLETE)
    assert "was not imported to its end" in work(run).error
    Source.objects.filter(pk=source.pk).update(state=Source.State.READY)
    actions.resume_run(run=run, by=None, send=False)
    work(run)
    assert outcomes(run) == {"right": 1}


def test_bad_parameters_of_a_task_are_refused() -> None:
    with pytest.raises(BadRequest, match="subset"):
        actions.source_of_task(task=TaskChoice("gsm8k", {"subset": "nope"}), by=None)


def test_cancelling_before_it_starts_and_resuming() -> None:
    run = start(number_source(3), baseline("reference"))
    actions.cancel_run(run=run, by=None)
    run.refresh_from_db()
    assert run.state == EvalRun.State.CANCELLED
    with pytest.raises(Conflict):
        actions.cancel_run(run=run, by=None)
    actions.resume_run(run=run, by=None, send=False)
    work(run)
    assert (run.state, outcomes(run)) == (EvalRun.State.DONE, {"right": 3})


def test_cancelling_from_the_jobs_menu_is_the_same() -> None:
    run = start(choice_source(4), baseline("chance"))
    assert run.job is not None
    cancel_job(job=run.job, by=None)
    run.refresh_from_db()
    assert run.state == EvalRun.State.CANCELLED
    continue_job(job=Job.objects.get(pk=run.job.pk), by=None, send=False)
    work(run)
    assert run.state == EvalRun.State.DONE


def test_a_run_that_has_ended_cannot_be_resumed() -> None:
    run = evaluate(number_source(1), baseline("reference"))
    with pytest.raises(Conflict):
        actions.resume_run(run=run, by=None)
    with pytest.raises(Conflict, match="no errors"):
        actions.retry_run(run=run, by=None)


def test_errors_are_tried_again_and_nothing_else() -> None:
    run = evaluate(number_source(5), baseline("reference"))
    make_errors(run, 2)
    before = dict(EvalResult.objects.filter(run=run).values_list("pk", "finished_at"))
    assert actions.retry_run(run=run, by=None, send=False) == 2
    run.refresh_from_db()
    assert (run.state, run.done) == (EvalRun.State.RUNNING, 3)
    work(run)
    assert (run.state, run.done, outcomes(run), tallied(run)) == (EvalRun.State.DONE, 5, {"right": 5}, {"right": 5})
    after = dict(EvalResult.objects.filter(run=run).values_list("pk", "finished_at"))
    assert sum(1 for pk in after if after[pk] != before[pk]) == 2
    assert run.total == 5


def test_scoring_again_asks_nobody_and_counts_anew() -> None:
    run = evaluate(number_source(4), baseline("reference"))
    row = run.results.order_by("pk")[0]
    EvalResult.objects.filter(pk=row.pk).update(outcome=Outcome.WRONG, extracted="9", lenient_right=False)
    EvalTally.objects.filter(run=run).delete()
    EvalTally.objects.create(run=run, task="gsm8k", outcome="right", total=3, lenient_judged=3, lenient_right=3)
    EvalTally.objects.create(run=run, task="gsm8k", outcome="wrong", total=1, lenient_judged=1)
    job = actions.rescore_run(run=run, by=None, send=False)
    assert actions.rescore_run(run=run, by=None, send=False) == job
    done = run_slice(job.pk, slice_seconds=None)
    assert done is not None
    assert (done.state, done.result["changed"]) == (Job.State.DONE, 1)
    assert outcomes(run) == tallied(run) == {"right": 4}
    assert sum(tally.lenient_right for tally in run.tallies.all()) == 4


def test_deleting_keeps_the_answers_in_the_store() -> None:
    source = number_source(3)
    run = evaluate(source, baseline("reference"))
    actions.delete_run(run=run, by=None)
    assert not EvalRun.objects.exists()
    assert not EvalResult.objects.exists()
    assert Answer.objects.count() == 3
    assert evaluate(source, baseline("reference")).from_store == 3


def test_a_running_one_is_neither_deleted_nor_tried_nor_scored_again() -> None:
    run = start(number_source(1), baseline("reference"))
    for action in (actions.delete_run, actions.retry_run, actions.rescore_run, actions.resume_run):
        with pytest.raises(Conflict):
            action(run=run, by=None)


def test_others_may_not_change_a_run_but_administrators_may() -> None:
    owner, other, admin = make_user(Role.CURATOR), make_user(Role.CURATOR), make_user(Role.ADMIN)
    run = start(number_source(1), baseline("reference"), by=owner)
    with pytest.raises(Forbidden):
        actions.cancel_run(run=run, by=other)
    actions.cancel_run(run=run, by=admin)
    with pytest.raises(Forbidden):
        actions.delete_run(run=run, by=other)
    actions.delete_run(run=run, by=owner)


def test_a_run_stops_when_its_owner_lost_the_role() -> None:
    owner = make_user(Role.CURATOR)
    run = start(number_source(1), baseline("reference"), by=owner)
    type(owner).objects.filter(pk=owner.pk).update(role=Role.VIEWER)
    assert "may no longer do this" in work(run).error
    assert run.state == EvalRun.State.PAUSED


@pytest.mark.parametrize("state", [EvalRun.State.CANCELLED, EvalRun.State.PAUSED])
def test_nothing_is_changed_while_its_jobs_still_stop(state: str) -> None:
    """A job sees that it was stopped after its chunk; until then it writes what it has."""
    run = evaluate(number_source(3), baseline("reference"))
    make_errors(run, 1)
    EvalRun.objects.filter(pk=run.pk).update(state=state)
    Job.objects.filter(parameters__run=run.pk).update(state=Job.State.RUNNING)
    for action in (actions.delete_run, actions.retry_run, actions.rescore_run, actions.resume_run):
        with pytest.raises(Conflict, match="still stopping"):
            action(run=run, by=None)


def test_cancelling_takes_the_waiting_helpers_along() -> None:
    run = start(number_source(1), baseline("reference"))
    parameters = {"run": run.pk, "endpoint": run.endpoint_id}
    helper = queue_job(kind=HELP, parameters=parameters, by=None, send=False, helps=True)
    actions.cancel_run(run=run, by=None)
    helper.refresh_from_db()
    assert helper.state == Job.State.CANCELLED


def test_scoring_again_needs_the_owner_or_an_administrator() -> None:
    owner, other = make_user(Role.CURATOR), make_user(Role.CURATOR)
    run = evaluate(number_source(1), baseline("reference"), by=owner)
    with pytest.raises(Forbidden):
        actions.rescore_run(run=run, by=other)
    assert actions.rescore_run(run=run, by=owner, send=False)


def test_scoring_again_stops_where_the_run_goes_on() -> None:
    run = evaluate(number_source(2), baseline("reference"))
    job = actions.rescore_run(run=run, by=None, send=False)
    EvalRun.objects.filter(pk=run.pk).update(state=EvalRun.State.RUNNING)
    done = run_slice(job.pk, slice_seconds=None)
    assert done is not None
    assert (done.state, "goes on" in done.error) == (Job.State.FAILED, True)
