"""Home."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.dashboards.overview import overview


@role_required(Role.VIEWER)
@require_GET
def home(request: UserRequest) -> HttpResponse:
    """What there is, what needs doing, the jobs, the last decisions."""
    return render(request, "dashboards/home.html", {"overview": overview(request.user)})
