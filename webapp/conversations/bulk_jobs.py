"""The jobs of bulk changes: count, decide, flag, undo."""

from collections import Counter
from collections.abc import Callable

from django.urls import reverse

from webapp.common.errors import JobFailed
from webapp.common.models import Job
from webapp.common.running import JobRun, job_kind
from webapp.conversations import bulk
from webapp.conversations.bulk import COUNT, DECIDE, FLAG, UNDO, Plan
from webapp.conversations.models import Decision, Flag

CHUNK = 500
# Counting only reads, so its chunks can be large.
COUNT_CHUNK = 5_000
# The next ids after one (none at the end), and what one chunk of them does to how many.
Find = Callable[[int], list[int]]
Change = Callable[[list[int]], Counter[str]]


def _page(job: Job) -> str:
    return reverse("conversations:bulk_job", args=[job.pk])


@job_kind(COUNT, title="Count a bulk change", role="reviewer", link=_page)
def bulk_count(run: JobRun) -> None:
    """How many conversations the change would touch, and how many it would leave alone."""
    plan = Plan.from_dict(run.parameters)
    _walk(
        run,
        lambda after: plan.next_ids(after, COUNT_CHUNK),
        lambda ids: bulk.count_rows(plan, plan.rows(ids, lock=False)),
    )


@job_kind(DECIDE, title="Decide in bulk", role="reviewer", link=_page)
def bulk_decide(run: JobRun) -> None:
    """Approve, reject, skip or take back every conversation of the plan."""
    plan, by, job = Plan.from_dict(run.parameters), run.job.created_by_id, run.job.pk
    _refuse_undone(run.job)
    run.set_total(run.parameters["total"])
    _walk(run, lambda after: plan.next_ids(after, CHUNK), lambda ids: bulk.decide_rows(plan, ids, by=by, job=job))


@job_kind(FLAG, title="Flag in bulk", role="reviewer", link=_page)
def bulk_flag(run: JobRun) -> None:
    """Flag every conversation of the plan as a whole."""
    plan, by, job = Plan.from_dict(run.parameters), run.job.created_by_id, run.job.pk
    _refuse_undone(run.job)
    run.set_total(run.parameters["total"])
    _walk(run, lambda after: plan.next_ids(after, CHUNK), lambda ids: bulk.flag_rows(plan, ids, by=by, job=job))


@job_kind(UNDO, title="Undo a bulk change", role="reviewer", link=_page)
def bulk_undo(run: JobRun) -> None:
    """Put back what a bulk change did, where nobody has changed it since."""
    made = Job.objects.get(pk=run.parameters["job"])
    by, job = run.job.created_by_id, run.job.pk
    run.set_total(run.parameters["total"])
    if made.kind == FLAG:
        flags = Flag.objects.filter(job=made).order_by("pk").values_list("pk", flat=True)
        _walk(run, lambda after: list(flags.filter(pk__gt=after)[:CHUNK]), lambda ids: bulk.undo_flags(ids, by=by))
        return
    decisions = Decision.objects.filter(job=made).order_by("pk").values_list("pk", flat=True)
    _walk(
        run,
        lambda after: list(decisions.filter(pk__gt=after)[:CHUNK]),
        lambda ids: bulk.undo_decisions(ids, by=by, undo=job),
    )


def _refuse_undone(job: Job) -> None:
    """What a change does after its undo, nobody could undo."""
    if Job.objects.filter(kind=UNDO, parameters__job=job.pk).exists():
        raise JobFailed("This change was undone, so it does not go on. Start a new one from the list.")


def _walk(run: JobRun, find: Find, change: Change) -> None:
    """Chunk after chunk from where the cursor stands. What is found is looked at again inside the transaction."""
    while ids := find(run.cursor.get("after", 0)):
        with run.chunk() as progress:
            did = change(ids)
            progress.done += len(ids)
            progress.result = dict(Counter(progress.result) + did)
            progress.cursor["after"] = ids[-1]
