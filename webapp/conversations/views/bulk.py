"""Bulk changes: the count, the confirmation, the work and its undo, on one page that follows them."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import NotFound
from webapp.common.models import Job
from webapp.common.pages import render_page
from webapp.common.running import run_slice
from webapp.common.templatetags.winnow import plural
from webapp.conversations.actions.bulk import MOST_IDS, count_bulk, start_bulk, undo_bulk
from webapp.conversations.bulk import COUNT, DECIDE, FLAG, UNDO, Plan
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.listing import PLACE_NAMES
from webapp.conversations.models import Status
from webapp.conversations.review_forms import positive, why

KINDS = {COUNT, DECIDE, FLAG, UNDO}


@require_POST
@role_required(Role.REVIEWER)
def bulk(request: UserRequest) -> HttpResponse:
    """Count what is meant: the checked `ids`, or with `filter` (the query of a list) all that match."""
    chosen, ids = ConversationFilter(), None
    if "filter" in request.POST:
        chosen = ConversationFilter.from_query(QueryDict(str(request.POST["filter"])), other=PLACE_NAMES)
    else:
        ids = [positive(str(value), "ids") for value in request.POST.getlist("ids")[: MOST_IDS + 1]]
    job = count_bulk(
        action=request.POST.get("action", ""),
        ids=ids,
        chosen=chosen.to_dict(),
        by=request.user,
        reason=request.POST.get("reason", ""),
        note=why(request.POST, "note"),
    )
    return _follow(job)


@require_GET
@role_required(Role.VIEWER)
def bulk_job(request: UserRequest, job_id: int) -> HttpResponse:
    """What is counted, done or undone; it follows the job by itself."""
    job = _job(job_id)
    context: dict[str, Any] = {"job": job, "result": job.result, "is_own": _may_go_on(request, job)}
    context |= _about_undo(job) if job.kind == UNDO else _about_plan(job)
    partials = {"bulk": "bulk"}
    return render_page(request, "conversations/bulk.html", context, partials=partials)


@require_POST
@role_required(Role.REVIEWER)
def start(request: UserRequest, job_id: int) -> HttpResponse:
    return _follow(start_bulk(counted=_job(job_id), by=request.user))


@require_POST
@role_required(Role.REVIEWER)
def undo(request: UserRequest, job_id: int) -> HttpResponse:
    return _follow(undo_bulk(job=_job(job_id), by=request.user))


def _job(job_id: int) -> Job:
    job = Job.objects.filter(pk=job_id, kind__in=KINDS).first()
    if job is None:
        raise NotFound("There is no such bulk change.")
    return job


def _follow(job: Job) -> HttpResponse:
    """To the page of the job. What touches only checked rows is done at once, without a worker."""
    if job.parameters.get("ids") or (job.kind == UNDO and _made(job).parameters["ids"]):
        run_slice(job.pk, slice_seconds=None)
    return HttpResponseRedirect(reverse("conversations:bulk_job", args=[job.pk]))


def _made(undo_job: Job) -> Job:
    return Job.objects.get(pk=undo_job.parameters["job"])


def _may_go_on(request: UserRequest, job: Job) -> bool:
    return request.user.may_review() and (job.created_by_id == request.user.pk or request.user.is_admin())


def _about_plan(job: Job) -> dict[str, Any]:
    plan = Plan.from_dict(job.parameters)
    wanted = ConversationFilter.from_dict(plan.filter)
    changes = plural(job.result.get("changes", 0), "conversation,conversations")
    return {
        "plan": plan,
        "heading": plan.words("conversations"),
        "button": plan.words(changes),
        "chosen": "the checked ones" if plan.ids is not None else wanted.describe(),
        "back": reverse("conversations:list") + (f"?{wanted.to_query()}" if wanted else ""),
        "statuses": [(status.label, job.result.get(status.label, 0)) for status in Status],
        "undone": Job.objects.filter(kind=UNDO, parameters__job=job.pk).first() if job.kind != COUNT else None,
    }


def _about_undo(job: Job) -> dict[str, Any]:
    made = _made(job)
    return {"made": made, "back": reverse("conversations:bulk_job", args=[made.pk])}
