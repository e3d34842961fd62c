"""Two runs side by side, and the scores of all endpoints."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest
from webapp.common.pages import render_page
from webapp.evals import chatcore
from webapp.evals.comparing import PAGE_ROWS, WAYS, Comparison, Way, compare, flips
from webapp.evals.comparing_words import (
    against_chance,
    compared_subjects,
    compared_tasks,
    excluded_subjects,
    span_of,
    verdict,
)
from webapp.evals.fetching import get_run_for_user
from webapp.evals.models import EvalRun
from webapp.evals.places import BEGINNING, QuestionPlace

#: The newest so many runs are offered; a search finds older ones.
OFFERED = 40


@require_GET
@role_required(Role.VIEWER)
def compare_runs(request: UserRequest) -> HttpResponse:
    """The choice of two runs, and what sets them apart once both are chosen."""
    picked = request.GET.getlist("run")  # checked in the list of runs, where the newest comes first
    if len(picked) > 2:
        return redirect(f"{reverse('evals:runs')}?{request.GET.urlencode()}")  # which says what to do
    if picked:
        return redirect(f"{request.path}?{urlencode({'a': picked[-1], 'b': picked[0] if len(picked) > 1 else ''})}")
    run_a, run_b = _chosen(request, "a"), _chosen(request, "b")
    query = " ".join(request.GET.get("q", "").split())[:100]
    context: dict[str, Any] = {
        "a": run_a,
        "b": run_b,
        "q": query,
        "offered": _offered(query, [run for run in (run_a, run_b) if run]),
        "same": run_a is not None and run_a == run_b,
    }
    if run_a and run_b and run_a != run_b:
        context |= _comparison(request, run_a, run_b)
    partials = {"choose-runs": "choose", "flips": "flips"}
    return render_page(request, "evals/compare.html", context, partials=partials)


@require_GET
@role_required(Role.VIEWER)
def scores(request: UserRequest) -> HttpResponse:
    """ChatCORE by endpoint."""
    context = {"scores": chatcore.all_scores(), "tasks": chatcore.TASKS}
    return render_page(request, "evals/scores.html", context)


def _chosen(request: UserRequest, name: str) -> EvalRun | None:
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadRequest(f"“{name}” must be the number of an evaluation, not “{text[:40]}”.")
    return get_run_for_user(request.user, int(text))


def _offered(query: str, chosen: list[EvalRun]) -> dict[str, list[EvalRun]]:
    """Runs to choose from, newest first: those that were asked the same as a chosen one stand apart."""
    found = EvalRun.objects.filter(done__gt=0).select_related("endpoint").defer("report", "configuration", "options")
    if query:
        found = found.filter(Q(name__icontains=query) | Q(endpoint__name__icontains=query))
    runs = {run.pk: run for run in (*chosen, *found.order_by("-pk")[:OFFERED])}
    newest = [runs[pk] for pk in sorted(runs, reverse=True)]
    hashes = {run.selection_hash for run in chosen} - {""}
    return {
        "alike": [run for run in newest if run.selection_hash in hashes],
        "others": [run for run in newest if run.selection_hash not in hashes],
    }


def _comparison(request: UserRequest, run_a: EvalRun, run_b: EvalRun) -> dict[str, Any]:
    found = compare(run_a, run_b)
    given = request.GET.get("after", "")
    way, after = _way(request, found), QuestionPlace.read(given, "after") if given else BEGINNING
    shown = flips(run_a, run_b, way, after, PAGE_ROWS + 1) if _any(found, way) else []
    span = span_of(found)
    return {
        "found": found,
        "verdict": verdict(found.whole),
        "p": against_chance(found.whole),
        "tasks": compared_tasks(found),
        "subjects": compared_subjects(found),
        "span": span,
        "low_end": -span,
        "by_chance": excluded_subjects(found.subjects),
        "way": way,
        "flips": shown[:PAGE_ROWS],
        "more": shown[PAGE_ROWS - 1].place if len(shown) > PAGE_ROWS else None,
        "paged": bool(given),
        "several_samples": max(run.options.get("samples", 1) for run in (run_a, run_b)) > 1,
    }


def _way(request: UserRequest, found: Comparison) -> Way:
    """Which flips are listed; the more frequent ones unless somebody has chosen."""
    asked = request.GET.get("way", "")
    if not asked:
        return "gained" if found.whole.pairs.only_b >= found.whole.pairs.only_a else "lost"
    for way in WAYS:
        if way == asked:
            return way
    raise BadRequest(f"“way” cannot be “{asked[:40]}”. Use one of: {', '.join(WAYS)}.")


def _any(found: Comparison, way: Way) -> bool:
    return bool(found.whole.pairs.only_b if way == "gained" else found.whole.pairs.only_a)
