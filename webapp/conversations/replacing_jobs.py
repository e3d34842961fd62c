"""The jobs of find and replace: preview, replace, undo."""

from collections import Counter
from typing import Any

from django.urls import reverse

from webapp.common.errors import JobFailed
from webapp.common.models import Job
from webapp.common.running import JobRun, job_kind
from webapp.conversations import replacing
from webapp.conversations.finding import SECONDS, SLOW, Replacer
from webapp.conversations.models import Revision
from webapp.conversations.replacing import COUNT, REPLACE, UNDO, Looked, ReplacePlan
from webapp.conversations.replacing_samples import sample_of

CHUNK = 500
# The preview only reads, so its chunks can be large.
COUNT_CHUNK = 2_000
SAMPLES, LEFT_SHOWN = 20, 20
#: So many conversations may take an expression too long.
MOST_SLOW = 10


def _page(job: Job) -> str:
    return reverse("conversations:replace_job", args=[job.pk])


@job_kind(COUNT, title="Preview of find and replace", link=_page)
def replace_count(run: JobRun) -> None:
    """How much would change, the first changes, and what would be left alone."""
    plan = ReplacePlan.from_dict(run.parameters)
    replacer = Replacer(plan.wanted)
    while ids := plan.selection.next_ids(run.cursor.get("after", 0), COUNT_CHUNK):
        looked = replacing.look(replacer, ids)
        with run.chunk() as progress:
            progress.done += looked.total
            progress.result = _previewed(replacer, looked, progress.result)
            progress.cursor["after"] = looked.last
        _refuse_slow(run)


@job_kind(REPLACE, title="Find and replace", link=_page)
def replace(run: JobRun) -> None:
    """Replace in every conversation of the plan."""
    plan, by, job = ReplacePlan.from_dict(run.parameters), run.job.created_by_id, run.job.pk
    if Job.objects.filter(kind=UNDO, parameters__job=job).exists():
        raise JobFailed("This change was undone, so it does not go on. Start a new one from the list.")
    replacer = Replacer(plan.wanted)
    run.set_total(run.parameters["total"])
    while ids := plan.selection.next_ids(run.cursor.get("after", 0), CHUNK):
        looked = replacing.look(replacer, ids)
        with run.chunk() as progress:
            did = replacing.replace_rows(plan, looked.changes, by=by, job=job)
            progress.done += looked.total
            progress.result = dict(Counter(progress.result) + did + Counter(reason for _, reason in looked.left))
            progress.cursor["after"] = looked.last
        _refuse_slow(run)


@job_kind(UNDO, title="Undo find and replace", link=_page)
def replace_undo(run: JobRun) -> None:
    """Put back the earlier texts, where nobody has changed them since."""
    by, job = run.job.created_by_id, run.job.pk
    made = Revision.objects.filter(job=run.parameters["job"]).order_by("pk").values_list("pk", flat=True)
    run.set_total(run.parameters["total"])
    while revisions := list(made.filter(pk__gt=run.cursor.get("after", 0))[:CHUNK]):
        with run.chunk() as progress:
            did = replacing.undo_revisions(revisions, by=by, undo=job)
            progress.done += len(revisions)
            progress.result = dict(Counter(progress.result) + did)
            progress.cursor["after"] = revisions[-1]


def _previewed(replacer: Replacer, looked: Looked, result: dict[str, Any]) -> dict[str, Any]:
    """The preview with what one more chunk has brought."""
    samples, left = result.get("samples", []), result.get("left", [])
    numbers = {name: value for name, value in result.items() if isinstance(value, int)}
    room = max(0, SAMPLES - len(samples))
    return {
        **(Counter(numbers) + looked.counts()),
        "samples": [*samples, *(sample_of(replacer, change) for change in looked.changes[:room])],
        "left": [*left, *(list(one) for one in looked.left)][:LEFT_SHOWN],
    }


def _refuse_slow(run: JobRun) -> None:
    slow = run.job.result.get(SLOW, 0)
    if slow >= MOST_SLOW:
        raise JobFailed(
            f"The expression took more than {SECONDS:g} s in {slow} conversations, so this was stopped. Write a"
            " simpler one: repeats inside repeats, such as (a+)+, take longest.",
            final=True,
        )
