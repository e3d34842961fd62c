"""Starting find and replace: first a preview, then the change, then perhaps its undo. Each is a job."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from webapp.accounts.models import User
from webapp.common.actions import may_change, queue_job
from webapp.common.errors import BadRequest, Conflict
from webapp.common.models import Job
from webapp.common.templatetags.winnow import plural
from webapp.conversations.content.shapes import ROLES
from webapp.conversations.finding import MOST_REPLACEMENT, Wanted, compile_pattern
from webapp.conversations.models import Conversation, Decision, Revision
from webapp.conversations.replacing import COUNT, REPLACE, UNDO, ReplacePlan


@transaction.atomic
def preview_replacing(*, wanted: Wanted, chosen: Mapping[str, Any], by: User | None, reason: str = "") -> Job:
    """Queue the preview of what find and replace would do to the filter `chosen` (`to_dict`).

    Raises BadRequest for an expression that is none, a replacement that is too long, and no or unknown roles.
    """
    compile_pattern(wanted)
    if not wanted.roles or set(wanted.roles) - set(ROLES):
        raise BadRequest(f"Choose in whose turns to look: {', '.join(ROLES)}.")
    if len(wanted.replacement) > MOST_REPLACEMENT:
        raise BadRequest(f"The replacement can be at most {MOST_REPLACEMENT:,} characters long.")
    plan = ReplacePlan(
        wanted=wanted,
        filter=dict(chosen),
        through=Conversation.objects.aggregate(last=Max("pk"))["last"] or 0,
        seen_revision=Revision.objects.aggregate(last=Max("pk"))["last"] or 0,
        seen_decision=Decision.objects.aggregate(last=Max("pk"))["last"] or 0,
        reason=reason,
    )
    title = f"Preview: {plan.words('conversations')}"
    return queue_job(kind=COUNT, parameters=plan.to_dict(), by=by, title=title)


@transaction.atomic
def start_replacing(*, previewed: Job, by: User | None) -> Job:
    """Queue the change that was previewed; a second press gives the same job. Raises Conflict before the end of it."""
    may_change(previewed, by)
    if previewed.kind != COUNT or previewed.state != Job.State.DONE:
        raise Conflict("The preview has not ended yet. Wait for it, then confirm.")
    Job.objects.select_for_update().get(pk=previewed.pk)
    started = Job.objects.filter(kind=REPLACE, parameters__previewed=previewed.pk).first()
    if started is not None:
        return started
    plan = ReplacePlan.from_dict(previewed.parameters)
    parameters = {**plan.to_dict(), "previewed": previewed.pk, "total": previewed.result.get("total", 0)}
    title = plan.words(plural(previewed.result.get("changes", 0), "conversation,conversations"))
    return queue_job(kind=REPLACE, parameters=parameters, by=by, title=title)


@transaction.atomic
def undo_replacing(*, job: Job, by: User | None) -> Job:
    """Queue the undo of a change that has ended; a second press gives the same job. Raises Conflict."""
    may_change(job, by)
    if job.kind != REPLACE or not job.is_finished():
        raise Conflict("Only a change that has ended can be undone.")
    Job.objects.select_for_update().get(pk=job.pk)
    undone = Job.objects.filter(kind=UNDO, parameters__job=job.pk).first()
    if undone is not None:
        return undone
    parameters = {"job": job.pk, "total": job.result.get("changed", 0)}
    return queue_job(kind=UNDO, parameters=parameters, by=by, title=f"Undo: {job.title}")
