"""How a job runs: kinds, the lease, chunks.

A kind of job is one function, registered by name:

    @job_kind("purge_source", title="Delete for good")
    def purge_source(run: JobRun) -> None:
        source = Source.objects.get(pk=run.parameters["source"])
        run.set_total(source.count())
        while rows := next_rows(source):          # read and parse outside the transaction
            with run.chunk() as progress:         # one transaction: rows and progress together
                delete(rows)
                progress.done += len(rows)
                progress.cursor["after"] = rows[-1].id

Each chunk commits its rows with `done`, `cursor` and `result`, renews the lease and checks the fencing number: a
worker that lost its lease (killed, stopped, too slow) cannot write. After SLICE_SECONDS the chunk ends the slice;
the job is queued again and the function is called anew, from `run.cursor`. So the function must be written to start
from any cursor. Leaving the function means done. `JobFailed` (or any error of Winnow's) fails it with its message;
`JobFailed(..., final=True)` says that it cannot be continued.
"""

import contextlib
import logging
import mmap
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Case, F, PositiveSmallIntegerField, Q, When
from django.db.models.functions import Now

from webapp.common.errors import JobFailed, WinnowError, database_is_away, disk_is_full
from webapp.common.models import Job

logger = logging.getLogger(__name__)
JobFunction = Callable[["JobRun"], None]


@dataclass(frozen=True)
class JobKind:
    name: str
    title: str
    function: JobFunction
    # Called in a transaction when the job ends in failure or is cancelled, to set the state of what it worked on.
    on_stop: Callable[[Job], None] | None = None
    # The page of what the job makes or works on, if it has one.
    link: Callable[[Job], str | None] | None = None
    # The lowest role (accounts.Role value) whose holder may have this work done.
    role: str = "curator"


KINDS: dict[str, JobKind] = {}
# Checks that run before each chunk; one raises JobFailed to stop the job (accounts: the role was taken away).
GUARDS: list[Callable[[Job, JobKind], None]] = []
# Called after each sweep (retention, trash).
SWEEPS: list[Callable[[], None]] = []
# One byte that a worker shares with the processes of its pool: 1 when it was asked to end.
_ENDING = mmap.mmap(-1, 1)


def job_kind(
    name: str,
    *,
    title: str,
    role: str = "curator",
    on_stop: Callable[[Job], None] | None = None,
    link: Callable[[Job], str | None] | None = None,
) -> Callable[[JobFunction], JobFunction]:
    def register(function: JobFunction) -> JobFunction:
        KINDS[name] = JobKind(name, title, function, on_stop, link, role)
        return function

    return register


def link_of(job: Job) -> str | None:
    """The page of what a job makes or works on, if it has one."""
    kind = KINDS.get(job.kind)
    return kind.link(job) if kind and kind.link else None


class LeaseLost(Exception):
    """Another worker holds the job now; whatever this one was about to write is rolled back."""


class SliceOver(Exception):
    """The slice's time is used up; the job goes on in the next message, or in `wait` seconds."""

    def __init__(self, wait: float | None = None) -> None:
        super().__init__()
        self.wait = wait


class Cancelled(Exception):
    """Somebody pressed Cancel."""


@dataclass
class Progress:
    """What a chunk may change about its job."""

    done: int
    total: int | None
    cursor: dict[str, Any]
    result: dict[str, Any]
    step: str


@dataclass
class JobRun:
    """One worker's hold on a job, for one slice."""

    job: Job
    slice_seconds: float | None
    on_progress: Callable[[Job], None] | None = None
    _begun: float = field(default_factory=time.monotonic)
    _charged: float = field(default_factory=time.monotonic)

    @property
    def parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = self.job.parameters
        return parameters

    @property
    def cursor(self) -> dict[str, Any]:
        cursor: dict[str, Any] = self.job.cursor
        return cursor

    def set_total(self, total: int, *, step: str = "") -> None:
        """Say how much there is to do, before the first chunk."""
        with self.chunk(may_end_slice=False) as progress:
            progress.total = total
            progress.step = step or progress.step

    def breathe(self) -> None:
        """For long work between chunks that writes no rows: renew the lease, look for a cancel."""
        with self.chunk(may_end_slice=False):
            pass

    def is_wanted_elsewhere(self) -> bool:
        """The slice's time is used up and another job waits: end it soon, by `end_slice`.

        For work that must bring something to its end first, and so asks for chunks with `may_end_slice=False`.
        """
        over = self.slice_seconds is not None and time.monotonic() - self._begun > self.slice_seconds
        waiting = Job.objects.due().exclude(pk=self.job.pk)
        # Who leads does not make way for those who only help.
        return over and (waiting if self.job.helps else waiting.shown()).exists()

    def wait(self, seconds: float) -> None:
        """Give the worker back and go on in so many seconds: what the job needs is not to be had. Raises SliceOver."""
        raise SliceOver(seconds)

    def end_slice(self) -> None:
        """Let the job go on in the next message. Raises SliceOver."""
        raise SliceOver

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Renew the lease from a thread while one long call (a download, a sync) cannot come up for breath."""
        stop = threading.Event()
        thread = threading.Thread(target=self._renew_until, args=(stop,), daemon=True, name="lease")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _renew_until(self, stop: threading.Event) -> None:
        try:
            while not stop.wait(settings.LEASE_SECONDS / 3):
                with contextlib.suppress(DatabaseError):
                    _held(self.job).update(lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS))
        finally:
            connection.close()  # the thread's own

    @contextmanager
    def chunk(self, *, may_end_slice: bool = True) -> Iterator[Progress]:
        """One transaction: the rows that the body writes, with the job's progress. See the module's docstring.

        Raises LeaseLost, Cancelled, SliceOver (the last two after the commit).
        """
        job = self.job
        kind = KINDS[job.kind]
        for guard in GUARDS:
            guard(job, kind)
        progress = Progress(job.done, job.total, dict(job.cursor), dict(job.result), job.step)
        with transaction.atomic():
            # Asked early, so that an overtaken worker does not run into rows that are there already.
            if not _held(job).exists():
                raise LeaseLost
            yield progress
            self._write(progress)
        job.done, job.total, job.step = progress.done, progress.total, progress.step
        job.cursor, job.result = progress.cursor, progress.result
        if self.on_progress:
            self.on_progress(job)
        if Job.objects.filter(pk=job.pk, cancel_requested=True).exists():
            raise Cancelled
        over = self.slice_seconds is not None and time.monotonic() - self._begun > self.slice_seconds
        if (over and may_end_slice) or _ENDING[0]:
            raise SliceOver

    def _write(self, progress: Progress) -> None:
        now = time.monotonic()
        changes: dict[str, Any] = {
            "done": progress.done,
            "total": progress.total,
            "cursor": progress.cursor,
            "result": progress.result,
            "step": progress.step,
            "seconds_worked": F("seconds_worked") + (now - self._charged),
            "lease_until": Now() + timedelta(seconds=settings.LEASE_SECONDS),
        }
        if progress.done > self.job.done:
            changes["attempts"] = 0
        held = Job.objects.filter(pk=self.job.pk, fence=self.job.fence, state=Job.State.RUNNING)
        if not held.update(**changes):
            raise LeaseLost
        self.job.seconds_worked += now - self._charged
        self._charged = now


def end_slices() -> None:
    """The worker was asked to end: have its jobs given back after their current chunk."""
    _ENDING[0] = 1


def claim(job_id: int, *, fence: int | None = None) -> Job | None:
    """Take the lease of a job, in database time; None when it is finished or somebody else holds it.

    The fencing number rises with every claim: writes made under an older one are refused. A message brings the
    `fence` that it was sent under: once the job was claimed, its copies and repetitions are void.
    """
    owner = f"{socket.gethostname()[:60]}:{os.getpid()}"
    lost = Q(state=Job.State.RUNNING)
    jobs = Job.objects.filter(pk=job_id) if fence is None else Job.objects.filter(pk=job_id, fence=fence)
    claimed = jobs.claimable().update(
        attempts=Case(
            When(lost, then=F("attempts") + 1), default=F("attempts"), output_field=PositiveSmallIntegerField()
        ),
        state=Job.State.RUNNING,
        lease_owner=owner,
        lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
        fence=F("fence") + 1,
        wait_until=None,
        started_at=Case(When(started_at=None, then=Now()), default=F("started_at")),
    )
    return Job.objects.get(pk=job_id) if claimed else None


def run_slice(
    job_id: int,
    *,
    slice_seconds: float | None,
    fence: int | None = None,
    on_progress: Callable[[Job], None] | None = None,
) -> Job | None:
    """Claim a job and work on it for one slice (None: to its end). Returns the job, None if not claimed."""
    job = claim(job_id, fence=fence)
    if job is None:
        return None
    run = JobRun(job, slice_seconds, on_progress)
    try:
        if job.attempts >= settings.JOB_ATTEMPTS:
            raise JobFailed(f"Stopped: the worker died {job.attempts} times in a row at the same place.")
        if job.cancel_requested:
            raise Cancelled
        KINDS[job.kind].function(run)
    except LeaseLost:
        logger.warning("Job %s: the lease was lost, another worker goes on.", job_id)
    except SliceOver as over:
        _give_back(job, over.wait)
    except Cancelled:
        _finish(run, Job.State.CANCELLED)
    except (WinnowError, OSError, DatabaseError, InterfaceError) as error:
        _stop_or_retry(run, error)
    except Exception:
        logger.exception("Job %s (%s) failed.", job_id, job.kind)
        _finish(run, Job.State.FAILED, "Something went wrong inside Winnow. The log of the worker has the details.")
    else:
        _finish(run, Job.State.DONE)
    return Job.objects.get(pk=job_id)


def _stop_or_retry(run: JobRun, error: WinnowError | OSError | DatabaseError | InterfaceError) -> None:
    message = describe_failure(error)
    if message is None:
        # The database is away or locked for now: the lease runs out and the sweeper brings the job back.
        logger.warning("Job %s: the database did not answer (%s); it goes on later.", run.job.pk, error)
        return
    if not isinstance(error, WinnowError):
        logger.error("Job %s (%s): %s", run.job.pk, run.job.kind, error)
    _finish(run, Job.State.FAILED, message, final=isinstance(error, JobFailed) and error.final)


def describe_failure(error: Exception) -> str | None:
    """What the job's page says; None for a fault that passes by itself."""
    text = str(error)
    if isinstance(error, WinnowError):
        return text
    if disk_is_full(error):
        return "The disk is full. What was stored so far is safe. Make room, then press Continue."
    if database_is_away(error):
        return None
    return f"The work stopped: {text}" if isinstance(error, OSError) else "The database refused a row. See the log."


def _held(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, fence=job.fence, state=Job.State.RUNNING)


def _give_back(job: Job, wait: float | None) -> None:
    """Queue the job again; the sweeper sends one that has to wait when its time has come."""
    until = None if wait is None else Now() + timedelta(seconds=wait)
    given = _held(job).update(state=Job.State.QUEUED, lease_until=None, published_at=None, wait_until=until)
    if given and wait is None:
        publish(job.pk, job.fence)


def _finish(run: JobRun, state: str, error: str = "", *, final: bool = False) -> None:
    job = run.job
    with transaction.atomic():
        held = _held(job).update(
            state=state, error=error, final=final, finished_at=Now(), lease_until=None, cancel_requested=False
        )
        job.state, job.error, job.final = state, error, final
        on_stop = KINDS[job.kind].on_stop
        if held and on_stop and state != Job.State.DONE:
            on_stop(job)


def publish(job_id: int, fence: int) -> None:
    """Send "have a look at job N". With the broker away the job stays queued and the sweeper sends it later.

    The message does not expire: that would be judged by the worker's clock. Its fencing number makes it void instead.
    """
    try:
        current_app.send_task("webapp.common.jobs.run_job", (job_id, fence), retry=False)
    except Exception as error:  # kombu lets the errors of every transport through
        logger.warning("Job %s is queued; the broker did not answer (%s).", job_id, error)
        return
    Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(published_at=Now())
