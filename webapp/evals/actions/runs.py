"""Starting, cancelling, resuming, repeating and deleting evaluations. `by` is the user, None for the command line."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from tasks_core.errors import TasksCoreError
from tasks_core.registry import TASKS, get_task
from webapp.accounts.models import User
from webapp.common.actions import cancel_job, continue_job, may_change, queue_job
from webapp.common.errors import BadRequest, Conflict, Unprocessable
from webapp.common.models import Job
from webapp.conversations.actions.sources import import_task
from webapp.conversations.models import Source
from webapp.conversations.task_imports import clean_values, find_same_task
from webapp.evals import claims
from webapp.evals.choosing import Selection, TaskChoice
from webapp.evals.configuration import RunSettings
from webapp.evals.grading import UNSCORED
from webapp.evals.models import EvalResult, EvalRun, EvalTally, ModelEndpoint, Outcome
from webapp.evals.purged import GONE, answers_are_gone
from webapp.evals.rescoring import RESCORE
from webapp.evals.sharing import HELP, LEAD

State = EvalRun.State


@transaction.atomic
def start_run(
    *,
    name: str,
    endpoint: ModelEndpoint,
    selection: Selection,
    options: RunSettings,
    by: User | None,
    task: TaskChoice | None = None,
    send: bool = True,
) -> EvalRun:
    """Queue an evaluation. With `task`, of that task's split, which is imported first where it is not there yet.

    Raises Unprocessable for a retired endpoint and a task that nothing can score, BadRequest for a bad task or no name.
    """
    name = " ".join(name.split())[:200]
    if not name:
        raise BadRequest("Give the evaluation a name.")
    if endpoint.retired_at is not None:
        raise Unprocessable(f"{endpoint.name} is retired. Choose another endpoint, or bring it back.")
    if task is not None:
        source = source_of_task(task=task, by=by, send=send)
        selection = Selection({"source": [source.pk]}, selection.sample, selection.seed)
    run = EvalRun.objects.create(
        name=name, endpoint=endpoint, selection=selection.to_dict(), options=options.to_dict(), created_by=by
    )
    _queue_lead(run, by=by, send=send)
    return run


def source_of_task(*, task: TaskChoice, by: User | None, send: bool = True) -> Source:
    """The source of this task's split: the one that is there or on its way, else a new one.

    Raises BadRequest for a bad task, Unprocessable for one that nothing can score, before anything is imported.
    """
    if task.name in UNSCORED:
        others = ", ".join(name for name in TASKS if name not in UNSCORED)
        raise Unprocessable(f"Nothing can score {TASKS[task.name].title}. Tasks that can be evaluated: {others}.")
    try:
        found = find_same_task(task.name, task.values) or _on_its_way(task)
        if found is not None:
            return found
        job = import_task(task=task.name, values=task.values, by=by, send=send)
    except TasksCoreError as error:
        raise BadRequest(str(error)) from None
    return Source.objects.get(job=job)


def _on_its_way(task: TaskChoice) -> Source | None:
    wanted = clean_values(get_task(task.name), task.values)
    sources = Source.objects.live().filter(kind=Source.Kind.TASK, task=task.name, state=Source.State.IMPORTING)
    return next((source for source in sources if source.parameters == wanted), None)


def _queue_lead(run: EvalRun, *, by: User | None, send: bool, cursor: dict[str, Any] | None = None) -> None:
    parameters = {"run": run.pk, "endpoint": run.endpoint_id}
    title = f"Evaluate {run.name}"
    run.job = queue_job(kind=LEAD, parameters=parameters, by=by, title=title, unit="questions", send=send)
    if cursor:
        Job.objects.filter(pk=run.job.pk).update(cursor=cursor)
    run.save(update_fields=["job"])


@transaction.atomic
def cancel_run(*, run: EvalRun, by: User | None) -> None:
    """Stop asking; what was answered stays, and the run can be resumed. Raises Conflict when it has ended."""
    held = EvalRun.objects.select_for_update().get(pk=run.pk)
    job = held.job
    if held.is_finished() or job is None:
        raise Conflict("This evaluation has ended already.")
    may_change(job, by)
    helpers = Job.objects.filter(kind=HELP, parameters__run=run.pk, state=Job.State.QUEUED)
    helpers.update(state=Job.State.CANCELLED, finished_at=Now())
    if held.state == State.PAUSED:
        EvalRun.objects.filter(pk=run.pk).update(state=State.CANCELLED, finished_at=Now())
        return
    cancel_job(job=job, by=by)
    if Job.objects.filter(pk=job.pk, state=Job.State.CANCELLED).exists():
        return  # it waited, and has stopped at once
    EvalRun.objects.filter(pk=run.pk).update(state=State.CANCELLED, finished_at=Now())


@transaction.atomic
def resume_run(*, run: EvalRun, by: User | None, send: bool = True) -> EvalRun:
    """Go on with a paused, cancelled or failed evaluation: only what has no outcome yet is asked. Raises Conflict."""
    held = EvalRun.objects.select_for_update().get(pk=run.pk)
    if held.state not in {State.PAUSED, State.CANCELLED, State.FAILED}:
        raise Conflict("This evaluation is not stopped, so there is nothing to resume.")
    _refuse_where_gone(held)
    _refuse_while_working(held)
    state = State.RUNNING if held.configuration else State.CHOOSING
    EvalRun.objects.filter(pk=run.pk).update(state=state, reason="", finished_at=None)
    _go_on(held, by=by, send=send)
    held.refresh_from_db()
    return held


def _refuse_where_gone(run: EvalRun) -> None:
    """Without its conversations there is nothing to ask or to score, and counting anew would lose the counts."""
    if answers_are_gone(run):
        raise Conflict(GONE)


def _refuse_while_working(run: EvalRun) -> None:
    """Its jobs may still be at work for a moment after it was stopped, and write what they have. Raises Conflict."""
    jobs = Job.objects.unfinished().filter(kind__in=[LEAD, HELP, RESCORE], parameters__run=run.pk)
    if jobs.exists():
        raise Conflict("It is still stopping, or being scored again. Try again in a moment.")


def _go_on(run: EvalRun, *, by: User | None, send: bool) -> None:
    job = run.job
    if job is not None and job.may_continue():
        continue_job(job=job, by=by, send=send)
    elif job is None or job.is_finished():
        if job is not None and job.final:
            raise Conflict(f"Going on would only fail again. {job.error}")
        # With a configuration all that is to be asked has been chosen.
        _queue_lead(run, by=by, send=send, cursor={"chosen": True} if run.configuration else {})


@transaction.atomic
def retry_run(*, run: EvalRun, by: User | None, send: bool = True) -> int:
    """Ask again what ended in an error; answers that were given are not asked for again. How many.

    Raises Conflict while it still runs and where there are no errors.
    """
    held = EvalRun.objects.select_for_update().get(pk=run.pk)
    if held.is_live():
        raise Conflict("It is still running. Wait for its end, or cancel it; then try the errors again.")
    if held.job is not None:
        may_change(held.job, by)
    _refuse_where_gone(held)
    _refuse_while_working(held)
    claims.free_abandoned(run.pk)
    count = claims.return_errors(run.pk)
    if not count:
        raise Conflict("This evaluation has no errors to try again.")
    EvalTally.objects.filter(run=run, outcome=Outcome.ERROR).delete()
    state = State.RUNNING if held.configuration else State.CHOOSING
    EvalRun.objects.filter(pk=run.pk).update(done=F("done") - count, state=state, reason="", finished_at=None)
    held.refresh_from_db()
    _go_on(held, by=by, send=send)
    return count


@transaction.atomic
def rescore_run(*, run: EvalRun, by: User | None, send: bool = True) -> Job:
    """Score the stored answers again, as a job; nobody is asked. A second press gives the same job."""
    held = EvalRun.objects.select_for_update().get(pk=run.pk)
    if held.is_live():
        raise Conflict("It is still running. Wait for its end, then score again.")
    if held.job is not None:
        may_change(held.job, by)
    _refuse_where_gone(held)
    running = Job.objects.unfinished().filter(kind=RESCORE, parameters__run=run.pk).first()
    if running is not None:
        return running
    _refuse_while_working(held)
    title = f"Score {held.name} again"
    return queue_job(kind=RESCORE, parameters={"run": run.pk}, by=by, title=title, unit="answers", send=send)


@transaction.atomic
def delete_run(*, run: EvalRun, by: User | None) -> None:
    """Delete a run with its results. Its answers stay in the store, so that asking again costs nothing.

    Raises Conflict while it runs.
    """
    held = EvalRun.objects.select_for_update().get(pk=run.pk)
    if held.is_live():
        raise Conflict("It is still running. Cancel it first, then delete it.")
    if held.job is not None:
        may_change(held.job, by)
    _refuse_while_working(held)
    for rows in (EvalResult.objects.filter(run=run), EvalTally.objects.filter(run=run)):
        rows._raw_delete(rows.db)
    held.delete()
