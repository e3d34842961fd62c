"""Starting a bulk change: first a count, then the change, then perhaps its undo. Each is a job."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from webapp.accounts.models import User
from webapp.common.actions import may_change, queue_job
from webapp.common.errors import BadRequest, Conflict
from webapp.common.models import Job
from webapp.common.templatetags.winnow import plural
from webapp.conversations.bulk import COUNT, DECIDE, FLAG, UNDO, VERBS, Plan
from webapp.conversations.models import Conversation, Flag, FlagReason

MOST_IDS = 1_000


@transaction.atomic
def count_bulk(
    *,
    action: str,
    ids: Sequence[int] | None,
    chosen: Mapping[str, Any],
    by: User | None,
    reason: str = "",
    note: str = "",
) -> Job:
    """Queue the count of what a bulk change would do: to `ids`, or where None to the filter `chosen` (`to_dict`).

    Raises BadRequest for an action or a reason that is not known, and for no or too many ids.
    """
    if action not in {*VERBS, "flag"}:
        raise BadRequest(f"“{action[:40]}” is no bulk change. Use one of: {', '.join([*VERBS, 'flag'])}.")
    if action == "flag" and reason not in FlagReason.objects.filter(active=True).values_list("slug", flat=True):
        raise BadRequest("Choose a reason for the flags.")
    if ids is not None and not 1 <= len(ids) <= MOST_IDS:
        raise BadRequest("Check at least one conversation." if not ids else f"Check at most {MOST_IDS:,} at once.")
    plan = Plan(
        action=action,
        ids=None if ids is None else tuple(sorted(set(ids))),
        filter=dict(chosen),
        through=Conversation.objects.aggregate(last=Max("pk"))["last"] or 0,
        seen_flag=Flag.objects.aggregate(last=Max("pk"))["last"] or 0,
        reason=reason if action == "flag" else "",
        note=note,
    )
    title = f"Count first: {plan.words('conversations').lower()}"
    return queue_job(kind=COUNT, parameters=plan.to_dict(), by=by, title=title, send=ids is None)


@transaction.atomic
def start_bulk(*, counted: Job, by: User | None) -> Job:
    """Queue the change that was counted; a second press gives the same job. Raises Conflict before the count ends."""
    may_change(counted, by)
    if counted.kind != COUNT or counted.state != Job.State.DONE:
        raise Conflict("The count has not ended yet. Wait for it, then confirm.")
    Job.objects.select_for_update().get(pk=counted.pk)
    plan = Plan.from_dict(counted.parameters)
    kind = FLAG if plan.action == "flag" else DECIDE
    started = Job.objects.filter(kind=kind, parameters__counted=counted.pk).first()
    if started is not None:
        return started
    parameters = {**plan.to_dict(), "counted": counted.pk, "total": counted.result.get("total", 0)}
    title = plan.words(plural(counted.result.get("changes", 0), "conversation,conversations"))
    return queue_job(kind=kind, parameters=parameters, by=by, title=title, send=plan.ids is None)


@transaction.atomic
def undo_bulk(*, job: Job, by: User | None) -> Job:
    """Queue the undo of a bulk change that has ended; a second press gives the same job. Raises Conflict."""
    may_change(job, by)
    if job.kind not in {DECIDE, FLAG} or not job.is_finished():
        raise Conflict("Only a bulk change that has ended can be undone.")
    Job.objects.select_for_update().get(pk=job.pk)
    undone = Job.objects.filter(kind=UNDO, parameters__job=job.pk).first()
    if undone is not None:
        return undone
    parameters = {"job": job.pk, "total": job.result.get("changed", 0)}
    few = job.parameters["ids"] is not None
    return queue_job(kind=UNDO, parameters=parameters, by=by, title=f"Undo: {job.title}", send=not few)
