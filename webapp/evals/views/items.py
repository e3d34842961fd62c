"""The items of a run, each with its own page, and what sends them to the review."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import WinnowError
from webapp.common.pages import render_page
from webapp.common.running import run_slice
from webapp.conversations.filters import ConversationFilter
from webapp.evals.actions.review import send_to_review
from webapp.evals.answer_filter import answer_value
from webapp.evals.fetching import get_result_for_user, get_run_for_user
from webapp.evals.items import OUTCOME_WORDS, WAITING, ItemCounts, ItemFilter, neighbours, page_of_items
from webapp.evals.models import EvalRun, Outcome
from webapp.evals.run_forms import ReviewForm
from webapp.evals.showing_items import ShownItem


@role_required(Role.VIEWER)
@require_safe
def items(request: UserRequest, pk: int) -> HttpResponse:
    """One page of the items that the address asks for."""
    run = get_run_for_user(request.user, pk)
    query = _given(request)
    return _show(request, run, ItemFilter.from_query(query), query)


@role_required(Role.REVIEWER)
@require_POST
def send(request: UserRequest, pk: int) -> HttpResponse:
    """Count the conversations of the items that the address asks for, to flag them; a page of its own goes on."""
    run = get_run_for_user(request.user, pk)
    wanted = ItemFilter.from_query(_given(request), other=())
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _show(request, run, wanted, {}, form=form, status=400)
    try:
        job = send_to_review(run=run, items=wanted, by=request.user, **form.values())
    except WinnowError as error:
        form.add_error(None, str(error))
        return _show(request, run, wanted, {}, form=form, status=error.status)
    if job.parameters["ids"]:
        run_slice(job.pk, slice_seconds=None)  # few, and named: counted at once, without a worker
    return HttpResponseRedirect(reverse("conversations:bulk_job", args=[job.pk]))


def _given(request: UserRequest) -> dict[str, str]:
    """What the address says; a form sends its empty fields, too."""
    return {name: value for name, value in request.GET.dict().items() if value}


def _show(
    request: UserRequest,
    run: EvalRun,
    wanted: ItemFilter,
    query: Mapping[str, str],
    *,
    form: ReviewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "run": run,
        "filter": wanted,
        "query": wanted.to_query(),
        "page": page_of_items(run, wanted, query),
        "counts": ItemCounts(run, wanted),
        "list_query": _list_query(run, wanted),
    }
    if request.user.may_review() and wanted.outcome not in {"", WAITING}:
        note = f"{run.name}: {OUTCOME_WORDS[wanted.outcome]}"
        context["form"] = form or ReviewForm(initial={"note": note[:500]})
    elif form is not None:
        context["problem"] = " ".join(map(str, form.non_field_errors()))
    return render_page(request, "evals/items.html", context, status=status)


@role_required(Role.VIEWER)
@require_safe
def item(request: UserRequest, pk: int, result_pk: int) -> HttpResponse:
    """One item: what was asked, the answer beside the reference."""
    result = get_result_for_user(request.user, pk, result_pk)
    wanted = ItemFilter.from_query(_given(request), other=())
    before, after = neighbours(result, wanted)
    context: dict[str, Any] = {
        "run": result.run,
        "result": result,
        "shown": ShownItem(result),
        "filter": wanted,
        "query": wanted.to_query(),
        "before": before and _address(result.run, before, wanted),
        "after": after and _address(result.run, after, wanted),
        "list_query": _list_query(result.run, wanted),
    }
    return render_page(request, "evals/item.html", context)


def _list_query(run: EvalRun, wanted: ItemFilter) -> str:
    """The same list, as far as a filter of conversations can say it; empty where it cannot."""
    if wanted.outcome not in Outcome.values:
        return ""
    return ConversationFilter(answer=answer_value(run, wanted.outcome), subject=wanted.subject).to_query()


def _address(run: EvalRun, result_id: int, wanted: ItemFilter) -> str:
    query = wanted.to_query()
    return reverse("evals:item", args=[run.pk, result_id]) + (f"?{query}" if query else "")
