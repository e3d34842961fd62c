"""Starting an evaluation."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import WinnowError
from webapp.common.pages import render_page
from webapp.evals.actions.runs import start_run
from webapp.evals.estimating import Estimate, estimate_selection, estimate_task
from webapp.evals.new_run_forms import FILTER, SOURCE, TASK, NewRunForm

PARTIALS = {"task-fields": "task_fields", "estimate": "estimate"}


@role_required(Role.CURATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new_run(request: UserRequest) -> HttpResponse:
    """The form; a POST starts the run, or with `change` or `count` only shows the form anew."""
    if request.method != "POST":
        asked = request.GET.dict()
        return _page(request, NewRunForm(given={"what": NewRunForm.implied(asked)} | asked))
    typed = request.POST.dict()
    if "change" in typed:  # another task has other parameters; a box that is not checked is not sent
        return _page(request, NewRunForm(given={"reuse": ""} | typed))
    form = NewRunForm(typed)
    if "count" in typed:
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=400)
    data = form.cleaned_data
    try:
        run = start_run(
            name=data["title"].strip() or form.proposed_title(),
            endpoint=data["endpoint"],
            selection=data["selection"],
            options=data["options"],
            by=request.user,
            task=form.task_choice,
        )
    except WinnowError as error:
        form.add_error(None, str(error))
        return _page(request, form, status=error.status)
    return redirect("evals:run", run.pk)


def _page(request: UserRequest, form: NewRunForm, *, status: int = 200) -> HttpResponse:
    checked = form if form.is_bound else NewRunForm(form.given_values())
    checked.is_valid()
    context: dict[str, Any] = {
        "form": form,
        "estimate": _estimate(checked),
        "proposed_title": checked.proposed_title(),
        "chips": form.filter.chips() if form.filter is not None else [],
        "what": {"source": SOURCE, "task": TASK, "filter": FILTER},
    }
    return render_page(request, "evals/new_run.html", context, partials=PARTIALS, status=status)


def _estimate(form: NewRunForm) -> Estimate | None:
    """None where the form does not say what is asked."""
    data = form.cleaned_data
    if "selection" not in data or form.has_no_choice():
        return None
    samples = data["options"].samples if "options" in data else 1
    if task := form.task_choice:
        return estimate_task(task, data["selection"], samples)
    return estimate_selection(data["selection"], samples)
