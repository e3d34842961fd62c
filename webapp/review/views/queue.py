"""The settings of a queue: change it, assign it, look for new conversations, archive it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest, Conflict, WinnowError
from webapp.common.models import Job
from webapp.common.pages import render_page
from webapp.conversations.filters import ConversationFilter
from webapp.review.actions import queues as actions
from webapp.review.forms import QueueForm
from webapp.review.models import Queue
from webapp.review.queues import get_queue_for_user, is_filling, lost_part, shares_of, words_of

PARTIALS = {"queue-side": "side"}


@role_required(Role.CURATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: UserRequest, pk: int) -> HttpResponse:
    """The page; a POST says with `do` what is to be done."""
    found = get_queue_for_user(request.user, pk)
    if request.method != "POST":
        return _page(request, found, QueueForm.showing(found))
    doing = request.POST.get("do", "")
    if doing == "change":
        return _change(request, found)
    return _press(request, found, doing)


def _change(request: UserRequest, found: Queue) -> HttpResponse:
    form = QueueForm(request.POST)
    if form.is_valid():
        try:
            actions.change_queue(queue=found, by=request.user, **form.cleaned_data)
        except WinnowError as error:
            form.add_error(_field_of(error), str(error))
        else:
            messages.success(request, "The queue is changed.")
            return redirect("review:queue", found.pk)
    return _page(request, found, form, status=422)


def _field_of(error: WinnowError) -> str | None:
    """Where the refusal is shown."""
    text = str(error)
    return "name" if "already a queue" in text else "seed" if "seed" in text else "overlap"


def _press(request: UserRequest, found: Queue, doing: str) -> HttpResponse:
    if doing == "refill":
        try:
            actions.refill_queue(queue=found, by=request.user)
        except Conflict as error:
            messages.error(request, str(error))
        return redirect("review:queue", found.pk)
    if doing == "archive":
        actions.archive_queue(queue=found, by=request.user)
        messages.success(request, f"“{found.name}” is in the archive.")
        return redirect("review:queues")
    if doing == "restore":
        actions.restore_queue(queue=found, by=request.user)
        messages.success(request, f"“{found.name}” is open again.")
        return redirect("review:queue", found.pk)
    raise BadRequest(f"“{doing[:40]}” cannot be done with a queue. Use one of: change, refill, archive, restore.")


def _page(request: UserRequest, found: Queue, form: QueueForm, *, status: int = 200) -> HttpResponse:
    wanted = ConversationFilter.from_dict(found.filter)
    is_review = found.kind == Queue.Kind.REVIEW
    job = found.job
    context: dict[str, Any] = {
        "queue": found,
        "form": form,
        "words": words_of(found),
        "chips": wanted.chips() if is_review else [],
        "list_query": wanted.to_query(),
        "lost": lost_part(wanted),
        "shares": shares_of(found),
        "is_review": is_review,
        "is_filling": is_filling(found),
        "job": job if job is not None and (not job.is_finished() or job.may_continue()) else None,
        "looked": _counts(job) if job is not None and job.is_finished() else None,
    }
    return render_page(request, "review/queue.html", context, partials=PARTIALS, status=status)


def _counts(job: Job) -> dict[str, int]:
    """What came of looking for items; a job's result names only what there was."""
    found = {name: job.result.get(name, 0) for name in ("added", "back", "reopened", "gone")}
    return {"added": found["added"], "again": found["back"] + found["reopened"], "gone": found["gone"]}
