"""Home: what there is, and what needs doing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.accounts.models import Role
from webapp.accounts.permissions import role_required


@role_required(Role.VIEWER)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/home.html", {})
