"""The course of a run: wait for its sources, choose, freeze the configuration, ask, and end it. And helping with it."""

import time
from dataclasses import replace

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from webapp.common.actions import queue_job
from webapp.common.errors import JobFailed
from webapp.common.models import Job
from webapp.common.running import Cancelled, JobRun
from webapp.conversations.models import Source
from webapp.evals import claims
from webapp.evals.asking.questions import Connection
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.connecting import connection_of
from webapp.evals.freezing import freeze
from webapp.evals.grading import Scorer
from webapp.evals.models import EvalRun
from webapp.evals.planning import plan
from webapp.evals.reporting import write_report
from webapp.evals.respondents import respondent_of
from webapp.evals.sharing import HELP, PLACES
from webapp.evals.worker import Paused, Worker

#: While others still ask, or a source is still being imported, look again after so many seconds.
LOOK_AGAIN_SECONDS = 0.5
#: A helper is worth its start from so many questions on.
QUESTIONS_A_HELPER = 50


def lead(run: JobRun) -> None:
    """Bring a run to its end, from wherever it stands."""
    eval_run = _resumed(run)
    if not run.cursor.get("chosen"):
        _await_sources(run, Selection.from_dict(eval_run.selection))
        plan(run, eval_run)
        eval_run.refresh_from_db()
    if not eval_run.total:
        raise JobFailed(_nothing_to_ask(eval_run), final=True)
    if not eval_run.configuration:
        with run.holding():
            freeze(eval_run)
    _set_running(run, eval_run)
    _ask_to_the_end(run, eval_run)
    _end(run, eval_run)


def help_with(run: JobRun) -> None:
    """Ask with others until nothing waits, or the run does not go on."""
    eval_run = EvalRun.objects.select_related("endpoint").filter(pk=run.parameters["run"]).first()
    if eval_run is None or eval_run.state != EvalRun.State.RUNNING:
        return
    try:
        _ask(run, eval_run, leads=False)
    except (Paused, Cancelled):
        return  # the job that leads says so


def helpers_wanted(eval_run: EvalRun) -> int:
    """How many jobs should help: as far as there are workers, places at the endpoint, and questions."""
    left = (eval_run.total - eval_run.done) // QUESTIONS_A_HELPER
    places = settings.EVAL_WORKERS if eval_run.endpoint.is_baseline() else eval_run.endpoint.concurrency
    return max(0, min(settings.EVAL_WORKERS, places, left) - 1)


def _resumed(run: JobRun) -> EvalRun:
    """The run; going on with a job that had stopped takes it out of its pause."""
    eval_run = EvalRun.objects.select_related("endpoint").filter(pk=run.parameters["run"]).first()
    if eval_run is None:
        raise JobFailed("This evaluation was deleted.", final=True)
    goes_on = run.cursor.get("stopped", False)
    if eval_run.state == EvalRun.State.PAUSED and not goes_on:
        raise JobFailed(eval_run.reason)  # a helper has paused it
    if eval_run.state == EvalRun.State.CANCELLED and not goes_on:
        raise Cancelled
    with run.chunk(may_end_slice=False) as progress:
        progress.cursor.pop("stopped", None)
        progress.cursor.pop(PLACES, None)
        state = EvalRun.State.RUNNING if eval_run.configuration else EvalRun.State.CHOOSING
        first = {} if eval_run.started_at else {"started_at": Now()}
        unfinished = EvalRun.objects.filter(pk=eval_run.pk).exclude(state=EvalRun.State.DONE)
        unfinished.update(state=state, reason="", finished_at=None, **first)
    eval_run.refresh_from_db()
    return eval_run


def _await_sources(run: JobRun, selection: Selection) -> None:
    """A source that is being imported is waited for."""
    while True:
        sources = selection.sources()
        stopped = [source.name for source in sources if source.state == Source.State.INCOMPLETE]
        if stopped:
            raise JobFailed(f"“{stopped[0]}” was not imported to its end. Continue its import, then continue this.")
        if not any(source.state == Source.State.IMPORTING for source in sources):
            return
        with run.chunk() as progress:
            progress.step = "waiting for the import"
        time.sleep(LOOK_AGAIN_SECONDS)


def _nothing_to_ask(eval_run: EvalRun) -> str:
    if eval_run.left_out:
        return (
            f"Nothing can score these conversations ({eval_run.left_out:,} looked at). Choose ones of a task with a"
            " grader, or with letters, a number behind “#### ”, or a test."
        )
    return "No conversation fits what was chosen. Start a new evaluation with a wider choice."


def _set_running(run: JobRun, eval_run: EvalRun) -> None:
    with run.chunk(may_end_slice=False) as progress:
        EvalRun.objects.filter(pk=eval_run.pk, state=EvalRun.State.CHOOSING).update(state=EvalRun.State.RUNNING)
        progress.total, progress.done = eval_run.total, eval_run.done
        if run.slice_seconds is not None:  # a command works alone, at once
            _call_helpers(run.job, eval_run)
    eval_run.state = EvalRun.State.RUNNING


def _call_helpers(job: Job, eval_run: EvalRun) -> None:
    """Queue as many helpers as are missing."""
    there = Job.objects.unfinished().filter(kind=HELP, parameters__run=eval_run.pk).count()
    for _ in range(helpers_wanted(eval_run) - there):
        queue_job(
            kind=HELP,
            parameters={"run": eval_run.pk, "endpoint": eval_run.endpoint_id},
            by=job.created_by,
            title=f"Help with: {job.title}",
            unit="questions",
            helps=True,
        )


def _ask_to_the_end(run: JobRun, eval_run: EvalRun) -> None:
    claims.free_abandoned(eval_run.pk)
    while claims.anything_left(eval_run.pk):
        try:
            _ask(run, eval_run, leads=True)
        except Paused as pause:
            _report(run, eval_run)
            raise JobFailed(str(pause)) from None
        except Cancelled:
            _report(run, eval_run)
            raise
        _wait_for_helpers(run, eval_run)


def _wait_for_helpers(run: JobRun, eval_run: EvalRun) -> None:
    """Others still ask: look again soon, and take over what a dead one has claimed."""
    if claims.anything_left(eval_run.pk):
        time.sleep(LOOK_AGAIN_SECONDS)
        claims.free_abandoned(eval_run.pk)


def _ask(run: JobRun, eval_run: EvalRun, *, leads: bool) -> None:
    options = RunSettings.from_dict(eval_run.options)
    connection = _frozen_connection(eval_run)
    with respondent_of(eval_run, connection) as (respondent, make_question):
        Worker(
            run,
            eval_run,
            respondent,
            make_question,
            Scorer(options.code_mode, eval_run.configuration.get("sandbox", "")),
            leads,
            connection.concurrency if connection else 1,
        ).work()


def _frozen_connection(eval_run: EvalRun) -> Connection | None:
    """The endpoint of the run's start, with the key and the limits of today; None for a baseline.

    Raises JobFailed where it is another one by now: the key of today must not go to the address of then.
    """
    if eval_run.endpoint.is_baseline():
        return None
    frozen = eval_run.configuration
    endpoint = eval_run.endpoint
    if any(getattr(endpoint, name) != frozen["endpoint"][name] for name in ("adapter", "address", "model")):
        raise JobFailed("The endpoint is another one since this run began. Start a new evaluation.", final=True)
    connection = connection_of(endpoint)
    return replace(
        connection,
        concurrency=min(connection.concurrency, frozen["concurrency"] or connection.concurrency),
        top_logprobs=frozen["top_logprobs"] or connection.top_logprobs,
    )


def _report(run: JobRun, eval_run: EvalRun) -> None:
    """Write the tables and plots of what is there."""
    with run.holding():
        write_report(eval_run.pk)


def _end(run: JobRun, eval_run: EvalRun) -> None:
    _report(run, eval_run)
    with run.chunk(may_end_slice=False) as progress:
        unfinished = EvalRun.objects.filter(pk=eval_run.pk).exclude(state=EvalRun.State.DONE)
        unfinished.update(state=EvalRun.State.DONE, finished_at=Now())
        progress.done = progress.total = eval_run.total
        progress.result = {"run": eval_run.pk}


def stop_run(job: Job) -> None:
    """The job that leads has ended without bringing the run to its end: say so on the run, and free its claims."""
    run_id = job.parameters["run"]
    claims.give_back(run_id, job)
    Job.objects.filter(pk=job.pk).update(cursor={**job.cursor, "stopped": True})
    live = EvalRun.objects.filter(pk=run_id, state__in=[EvalRun.State.CHOOSING, EvalRun.State.RUNNING])
    if job.state == Job.State.CANCELLED:
        live.update(state=EvalRun.State.CANCELLED, finished_at=timezone.now())
    else:
        state = EvalRun.State.FAILED if job.final else EvalRun.State.PAUSED
        live.update(state=state, reason=job.error[:500])


def stop_helping(job: Job) -> None:
    """A helper has ended early: others ask what it has claimed."""
    claims.give_back(job.parameters["run"], job)
