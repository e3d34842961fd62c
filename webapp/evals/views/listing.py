"""The list of runs."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.evals.listing import STATES, RunFilter, page_of_runs
from webapp.evals.models import ModelEndpoint


@role_required(Role.VIEWER)
@require_safe
def runs(request: UserRequest) -> HttpResponse:
    """One page of runs, newest first; `run` are those that somebody has checked."""
    wanted = RunFilter.from_query({name: value for name, value in request.GET.dict().items() if name != "run"})
    page = page_of_runs(wanted)
    context: dict[str, Any] = {
        "page": page,
        "filter": wanted,
        "checked": set(request.GET.getlist("run")),
        "states": [(value, label) for value, (label, _) in STATES.items()],
        "endpoints": ModelEndpoint.objects.filter(runs__isnull=False).distinct().order_by("name"),
        "is_empty": not page.rows and not wanted.to_query(),
    }
    return render_page(request, "evals/runs.html", context)
