"""The team's dashboard."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.dashboards.team import DAYS_AT_FIRST, SPANS, RangeForm, team
from webapp.dashboards.work import today


@role_required(Role.REVIEWER)
@require_safe
def team_page(request: UserRequest) -> HttpResponse:
    """What was done, how fast, and what is left."""
    form = RangeForm(request.GET)
    last = today()
    first = last - timedelta(days=DAYS_AT_FIRST - 1)
    if form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    spans = [(days, today() - timedelta(days=days - 1)) for days in SPANS]
    context: dict[str, Any] = {
        "form": form if form.errors else RangeForm({"first": first, "last": last}),
        "team": team(first, last, request.user),
        "first": first,
        "last": last,
        "spans": [(days, start, (start, today()) == (first, last)) for days, start in spans],
    }
    return render_page(request, "dashboards/team.html", context, status=422 if form.errors else 200)
