"""Making a queue."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import Conflict, WinnowError
from webapp.common.pages import render_page
from webapp.review.actions.queues import create_queue
from webapp.review.forms import NewQueueForm
from webapp.review.models import Queue
from webapp.review.queues import matching


@role_required(Role.CURATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new_queue(request: UserRequest) -> HttpResponse:
    """The form; a POST makes the queue, or with `count` only counts anew."""
    if request.method != "POST":
        form = NewQueueForm.opened_with(request.GET.get("query", ""))
        return _page(request, form, status=404 if form.problem else 200)
    form = NewQueueForm(request.POST)
    if "count" in request.POST:
        return _page(request, form)
    queue = _create(request, form) if form.is_valid() else None
    if queue is None:
        return _page(request, form, status=422)
    messages.success(request, f"“{queue.name}” is there. Its conversations are being looked for.")
    return redirect("review:queues")


def _create(request: UserRequest, form: NewQueueForm) -> Queue | None:
    """None where it was refused; the form then says why."""
    names = ("name", "order", "seed", "sample", "overlap", "assignees")
    data = {name: form.cleaned_data[name] for name in names}
    try:
        return create_queue(wanted=form.wanted, by=request.user, **data)
    except WinnowError as error:
        form.add_error("name" if isinstance(error, Conflict) else None, str(error))
        return None


def _page(request: UserRequest, form: NewQueueForm, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "chips": [] if form.problem else form.wanted.chips(),
        "list_query": "" if form.problem else form.base.to_query(),
        "count": None if form.problem else matching(form.wanted),
    }
    return render_page(request, "review/new_queue.html", context, status=status)
