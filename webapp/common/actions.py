"""Queueing, cancelling and continuing jobs."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from webapp.common.errors import Conflict, Forbidden
from webapp.common.models import Job
from webapp.common.running import KINDS, publish


def queue_job(
    *,
    kind: str,
    parameters: dict[str, Any],
    by: Any,
    title: str = "",
    unit: str = "conversations",
    send: bool = True,
    helps: bool = False,
) -> Job:
    """Create a job; with `send`, tell the workers when the transaction commits. `by` is a user, None for a command.

    `helps`: it only helps another job, so that no list shows it.
    """
    job = Job.objects.create(
        kind=kind, parameters=parameters, created_by=by, title=title[:300] or KINDS[kind].title, unit=unit, helps=helps
    )
    if send:
        transaction.on_commit(lambda: publish(job.pk, job.fence))
    return job


def cancel_job(*, job: Job, by: Any) -> None:
    """Ask a job to stop after its current chunk; one that waits stops at once."""
    may_change(job, by)
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED, started_at=None)
        if waiting.update(state=Job.State.CANCELLED, finished_at=Now()):
            on_stop = KINDS[job.kind].on_stop
            if on_stop:
                job.refresh_from_db()
                on_stop(job)
            return
        unfinished = Job.objects.filter(pk=job.pk, state__in=[Job.State.QUEUED, Job.State.RUNNING])
        unfinished.update(cancel_requested=True, wait_until=None)


def continue_job(*, job: Job, by: Any, send: bool = True) -> None:
    """Queue a failed or cancelled job again; it goes on from its last chunk, and `by` answers for it from now on."""
    may_change(job, by)
    kind = KINDS.get(job.kind)
    if kind is None:
        raise Conflict("This kind of job does not exist any more.")
    if by is not None and not by.may(kind.role):
        raise Forbidden(f"Continuing this needs the {kind.role} role. An administrator can give it to you.")
    if job.final:
        raise Conflict(f"Going on would only fail again. {job.error}")
    stopped = Job.objects.filter(pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED], final=False)
    if not stopped.update(
        state=Job.State.QUEUED,
        cancel_requested=False,
        attempts=0,
        error="",
        finished_at=None,
        published_at=None,
        wait_until=None,
        created_by=by or job.created_by,
    ):
        raise Conflict("This job is not stopped, so there is nothing to continue.")
    if send:
        transaction.on_commit(lambda: publish(job.pk, job.fence))


def may_change(job: Job, by: Any) -> None:
    """The one who started a job may stop it, and so may an administrator. None is the command line."""
    if by is not None and job.created_by_id != by.pk and not by.is_admin():
        raise Forbidden("Only the one who started this job, or an administrator, can change it.")


def requeue_lost_jobs() -> int:
    """Queue again what a dead worker left and what the broker lost. Returns how many messages were sent."""
    # The count rises here because `claim` will find the job queued, not abandoned.
    Job.objects.abandoned().update(
        state=Job.State.QUEUED, attempts=F("attempts") + 1, lease_until=None, published_at=None
    )
    lost = list(Job.objects.unpublished().values_list("pk", "fence")[:100])
    for job_id, fence in lost:
        publish(job_id, fence)
    return len(lost)
