"""The jobs of bulk changes: count, decide, flag, undo."""

from collections import Counter
from collections.abc import Callable

from django.urls import reverse

from webapp.common.models import Job
from webapp.common.running import JobRun, job_kind
from webapp.conversations import bulk
from webapp.conversations.actions.bulk import COUNT, DECIDE, FLAG, UNDO
from webapp.conversations.bulk import Plan

# Counting only reads, so its chunks can be large.
COUNT_CHUNK = 5_000
Step = Callable[[int], tuple[int, Counter[str]]]


def _page(job: Job) -> str:
    return reverse("conversations:bulk_job", args=[job.pk])


@job_kind(COUNT, title="Count a bulk change", role="reviewer", link=_page)
def bulk_count(run: JobRun) -> None:
    """How many conversations the change would touch, and how many it would leave alone."""
    plan = Plan.from_dict(run.parameters)

    def step(after: int) -> tuple[int, Counter[str]]:
        rows = bulk.read_rows(plan.chosen(), after, COUNT_CHUNK)
        counted = bulk.count_rows(plan, rows) if rows else Counter[str]()
        return rows[-1].pk if rows else 0, counted + Counter(seen=len(rows))

    _walk(run, step)


@job_kind(DECIDE, title="Decide in bulk", role="reviewer", link=_page)
def bulk_decide(run: JobRun) -> None:
    """Approve, reject, skip or take back every conversation of the plan."""
    plan = Plan.from_dict(run.parameters)
    run.set_total(run.parameters["total"])
    _walk(run, lambda after: bulk.decide_rows(plan, after, by=run.job.created_by_id, job=run.job.pk))


@job_kind(FLAG, title="Flag in bulk", role="reviewer", link=_page)
def bulk_flag(run: JobRun) -> None:
    """Flag every conversation of the plan as a whole."""
    plan = Plan.from_dict(run.parameters)
    run.set_total(run.parameters["total"])
    _walk(run, lambda after: bulk.flag_rows(plan, after, by=run.job.created_by_id, job=run.job.pk))


@job_kind(UNDO, title="Undo a bulk change", role="reviewer", link=_page)
def bulk_undo(run: JobRun) -> None:
    """Put back what a bulk change did, where nobody has changed it since."""
    made = Job.objects.get(pk=run.parameters["job"])
    by = run.job.created_by_id
    run.set_total(run.parameters["total"])
    if made.kind == FLAG:
        _walk(run, lambda after: bulk.undo_flags(made.pk, after, by=by))
    else:
        _walk(run, lambda after: bulk.undo_decisions(made.pk, after, by=by, undo=run.job.pk))


def _walk(run: JobRun, step: Step) -> None:
    """Chunk after chunk from where the cursor stands; `step` gets the last id and returns the next (0: the end)."""
    last = run.cursor.get("after", 0)
    while True:
        with run.chunk() as progress:
            last, did = step(last)
            progress.done += did.pop("seen", 0)
            progress.result = dict(Counter(progress.result) + did)
            progress.cursor["after"] = last or progress.cursor.get("after", 0)
        if not last:
            return
