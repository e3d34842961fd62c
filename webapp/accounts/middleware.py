"""Permission is checked here, for every page and action."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from webapp.accounts.models import Role, User
from webapp.common.errors import Conflict, Forbidden
from webapp.common.pages import error_page, wants_json

#: The header in which a tab names the user that it works for: another may have logged in in this browser since.
SENDER = "X-Winnow-User"
ANOTHER = "is logged in in this browser now. What somebody else did is kept for them."
READS = {"GET", "HEAD", "OPTIONS"}


class AccessMiddleware:
    """Refuses a view whose role the user does not hold, and any view that does not say who may open it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> HttpResponse | None:
        if getattr(view, "is_public", False):
            return None
        if not isinstance(request.user, User):
            return _to_login(request)
        sender = request.headers.get(SENDER, "")
        if sender and sender != str(request.user.pk):
            return error_page(request, Conflict(f"{request.user} {ANOTHER}"))
        name = "required_role" if request.method in READS else "required_role_to_change"
        role = getattr(view, name, None)
        if role is not None and request.user.may(role):
            return None
        needed = Role(role).label.lower() if role else "higher"
        return error_page(request, Forbidden(f"This needs the {needed} role. An administrator can give it to you."))


def _to_login(request: HttpRequest) -> HttpResponse:
    address = reverse("accounts:login")
    if wants_json(request):
        # The script keeps what it holds, and shows where to log in again.
        return JsonResponse({"login": f"{address}?{urlencode({'next': _page_of(request)})}"}, status=401)
    if request.headers.get("HX-Request"):
        # No redirect: it would throw away what was typed into the page.
        return HttpResponse("Your session has ended. Log in again.", status=401, content_type="text/plain")
    if request.method in READS:
        address += "?" + urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(address)


def _page_of(request: HttpRequest) -> str:
    """The page that a script asked from: to come back to after the log-in."""
    asked_from = urlsplit(request.headers.get("Referer", ""))
    if not asked_from.path or asked_from.netloc != request.get_host():
        return request.get_full_path() if request.method in READS else "/"
    return asked_from.path + (f"?{asked_from.query}" if asked_from.query else "")
