"""Broken examples: a stored answer that fails its own grader, found by the baseline `reference`, is flagged."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from webapp.common.models import Job
from webapp.conversations.bulk import Plan, flag_rows
from webapp.conversations.models import FlagReason
from webapp.evals.choosing import Selection
from webapp.evals.counts import Counts
from webapp.evals.models import SCORED, Adapter, EvalResult, EvalRun, Outcome
from webapp.evals.storing import Finished

SLUG = "broken-example"
LABEL = "broken example"
DESCRIPTION = "The stored answer fails its own grader."


@dataclass(frozen=True)
class FailedReferences:
    """How many stored answers a run of the baseline has found that fail their grader, and the list of them."""

    count: int
    address: str


def failed_references(run: EvalRun, counts: Counts) -> FailedReferences | None:
    """None for other endpoints, and where all is right."""
    count = counts.scored - counts.right
    if run.endpoint.adapter != Adapter.REFERENCE or not count:
        return None
    sources = [source.pk for source in Selection.from_dict(run.selection).sources()]  # A deleted one is no filter.
    query = urlencode({"flag": SLUG, "source": sources}, doseq=True)
    return FailedReferences(count, f"{reverse('conversations:list')}?{query}")


def flag_broken(job: Job, eval_run: EvalRun, written: Sequence[Finished]) -> None:
    """Flag what the stored answer itself does not pass, in the transaction that writes the results."""
    if eval_run.endpoint.adapter != Adapter.REFERENCE:
        return
    failed = [one.result for one in written if one.grade.outcome in SCORED and one.grade.outcome != Outcome.RIGHT]
    if not failed:
        return
    ids = sorted(set(EvalResult.objects.filter(pk__in=failed).values_list("conversation_id", flat=True)))
    _reason()
    plan = Plan("flag", tuple(ids), {}, through=ids[-1], seen_flag=0, reason=SLUG, note=f"Found by “{eval_run.name}”.")
    flag_rows(plan, ids, by=job.created_by_id, job=job.pk)


def _reason() -> FlagReason:
    """The reason of the taxonomy; a curator may have renamed or retired it."""
    last = FlagReason.objects.order_by("-position").values_list("position", flat=True).first() or 0
    defaults = {"label": LABEL, "description": DESCRIPTION, "position": last + 1}
    return FlagReason.objects.get_or_create(slug=SLUG, defaults=defaults)[0]
