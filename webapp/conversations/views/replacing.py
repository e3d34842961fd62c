"""Find and replace: the form, the preview, the confirmation, the work and its undo."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import NotFound
from webapp.common.models import Job
from webapp.common.pages import render_page
from webapp.common.templatetags.winnow import plural
from webapp.conversations.actions.replacing import preview_replacing, start_replacing, undo_replacing
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.finding import WHY_LEFT
from webapp.conversations.listing import PLACE_NAMES
from webapp.conversations.models import Conversation
from webapp.conversations.replacing import COUNT, REPLACE, UNDO, ReplacePlan
from webapp.conversations.replacing_forms import ReplaceForm
from webapp.conversations.replacing_samples import shown_turns
from webapp.conversations.review_forms import positive

KINDS = {COUNT, REPLACE, UNDO}


@require_http_methods(["GET", "POST"])
@role_required(Role.CURATOR)
def replace(request: UserRequest) -> HttpResponse:
    """What to find and what to put there, over the filter in the address; sent, its preview."""
    form = ReplaceForm(request.POST) if request.method == "POST" else _form_for(request)
    if form.is_bound and form.is_valid():
        job = preview_replacing(
            wanted=form.wanted(), chosen=form.filter.to_dict(), by=request.user, reason=form.cleaned_data["reason"]
        )
        return _to(job)
    wanted = getattr(form, "filter", None) or ConversationFilter()
    context = {"form": form, "chips": wanted.chips(), "query": wanted.to_query()}
    return render_page(request, "conversations/replace.html", context, status=422 if form.is_bound else 200)


@require_GET
@role_required(Role.VIEWER)
def replace_job(request: UserRequest, job_id: int) -> HttpResponse:
    """What is previewed, done or undone; it follows the job by itself."""
    job = _job(job_id)
    is_own = request.user.may_curate() and (job.created_by_id == request.user.pk or request.user.is_admin())
    context: dict[str, Any] = {"job": job, "result": job.result, "is_own": is_own, "kind": job.kind}
    context |= _about_undo(job) if job.kind == UNDO else _about_plan(job)
    return render_page(request, "conversations/replace_job.html", context, partials={"replace": "replace"})


@require_POST
@role_required(Role.CURATOR)
def replace_start(request: UserRequest, job_id: int) -> HttpResponse:
    return _to(start_replacing(previewed=_job(job_id), by=request.user))


@require_POST
@role_required(Role.CURATOR)
def replace_undo(request: UserRequest, job_id: int) -> HttpResponse:
    return _to(undo_replacing(job=_job(job_id), by=request.user))


def _form_for(request: UserRequest) -> ReplaceForm:
    """The form for a filter, filled with what an earlier preview (`?from=12`) had."""
    wanted = ConversationFilter.from_query(request.GET, other=[*PLACE_NAMES, "from"])
    given: dict[str, Any] = {"query": wanted.to_query()}
    if "from" in request.GET:
        job = _job(positive(str(request.GET["from"]), "from"))
        given |= job.parameters.get("wanted", {}) | {"reason": job.parameters.get("reason", "")}
    form = ReplaceForm(initial=given)
    form.filter = wanted
    return form


def _job(job_id: int) -> Job:
    job = Job.objects.filter(pk=job_id, kind__in=KINDS).first()
    if job is None:
        raise NotFound("There is no such find and replace.")
    return job


def _to(job: Job) -> HttpResponse:
    return HttpResponseRedirect(reverse("conversations:replace_job", args=[job.pk]))


def _about_plan(job: Job) -> dict[str, Any]:
    plan = ReplacePlan.from_dict(job.parameters)
    chosen = ConversationFilter.from_dict(plan.filter)
    query = chosen.to_query()
    changes = plural(job.result.get("changes", 0), "conversation,conversations")
    return {
        "plan": plan,
        "button": f"Replace in {changes}",
        "chosen": chosen.describe(),
        "query": query,
        "back": reverse("conversations:list") + (f"?{query}" if query else ""),
        "left": [(words, job.result[reason]) for reason, words in WHY_LEFT.items() if job.result.get(reason)],
        "undone": Job.objects.filter(kind=UNDO, parameters__job=job.pk).first() if job.kind == REPLACE else None,
        **_examples(job.result),
    }


def _examples(result: dict[str, Any]) -> dict[str, Any]:
    """The first changes as differences, and the first conversations that are left alone, each with why."""
    samples, left = result.get("samples", []), result.get("left", [])
    ids = [sample["id"] for sample in samples] + [number for number, _ in left]
    known = Conversation.objects.select_related("source").in_bulk(ids)
    return {
        "samples": [
            {"conversation": known[sample["id"]], "changes": shown_turns(sample)} | sample
            for sample in samples
            if sample["id"] in known
        ],
        "left_examples": [(known[number], WHY_LEFT[reason]) for number, reason in left if number in known],
    }


def _about_undo(job: Job) -> dict[str, Any]:
    made = Job.objects.get(pk=job.parameters["job"])
    return {"made": made, "back": reverse("conversations:replace_job", args=[made.pk])}
