"""Which worker asks what: a claim names a job and its fencing number, and is void as soon as that hold is over."""

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from webapp.common.models import Job
from webapp.evals.models import EvalResult

WAITING, CLAIMED = EvalResult.State.WAITING, EvalResult.State.CLAIMED


def claim(run_id: int, job: Job, count: int) -> list[int]:
    """Claim up to `count` waiting results of a run, in the caller's transaction; their ids, rising."""
    if count <= 0:
        return []
    waiting = EvalResult.objects.filter(run_id=run_id, state=WAITING).order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True)
    ids = list(waiting.values_list("pk", flat=True)[:count])
    EvalResult.objects.filter(pk__in=ids).update(state=CLAIMED, claim_job=job.pk, claim_fence=job.fence)
    return ids


def still_claimed(ids: list[int], job: Job) -> set[int]:
    """Those of `ids` that this hold on the job may still write, locked until the transaction ends."""
    held = EvalResult.objects.filter(pk__in=ids, state=CLAIMED, claim_job=job.pk, claim_fence=job.fence)
    return set(held.select_for_update().order_by("pk").values_list("pk", flat=True))


def give_back(run_id: int, job: Job) -> None:
    """Let others ask what this job has claimed."""
    mine = EvalResult.objects.filter(run_id=run_id, state=CLAIMED, claim_job=job.pk)
    mine.update(state=WAITING, claim_job=None, claim_fence=None)


def free_abandoned(run_id: int) -> int:
    """Void the claims of holds that are over: the job ended, was claimed anew, or its lease ran out. How many."""
    holding = Job.objects.filter(
        pk=OuterRef("claim_job"), fence=OuterRef("claim_fence"), state=Job.State.RUNNING, lease_until__gt=Now()
    )
    lost = EvalResult.objects.filter(run_id=run_id, state=CLAIMED).exclude(Exists(holding))
    return lost.update(state=WAITING, claim_job=None, claim_fence=None)


def anything_left(run_id: int) -> bool:
    """Whether something of a run waits or is being asked."""
    results = EvalResult.objects.filter(run_id=run_id)
    return results.filter(state=WAITING).exists() or results.filter(state=CLAIMED).exists()


def return_errors(run_id: int) -> int:
    """Put the errors of a run back among what waits, in the caller's transaction; how many."""
    errors = EvalResult.objects.filter(run_id=run_id, outcome="error")
    return errors.update(
        state=WAITING, outcome="", kind="", detail="", claim_job=None, claim_fence=None,
        finished_at=None, answer=None,
    )  # fmt: skip
