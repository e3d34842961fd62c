"""The comments that name the reader."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest
from webapp.common.pages import render_page
from webapp.review.actions.comments import mark_read
from webapp.review.mentions import page_of


@require_GET
@role_required(Role.VIEWER)
def mentions(request: UserRequest) -> HttpResponse:
    """The unread ones, or with `show=all` the read ones, too."""
    unread = request.GET.get("show", "") != "all"
    given = request.GET.get("before", "")
    page = page_of(request.user, unread=unread, before=_number(given, "before") if given else None)
    return render_page(request, "review/mentions.html", {"page": page, "unread": unread, "paged": bool(given)})


@require_POST
@role_required(Role.VIEWER)
def read(request: UserRequest) -> HttpResponse:
    """Mark one as read (`mention`), or all."""
    given = request.POST.get("mention", "")
    mark_read(by=request.user, mention_ids=[_number(given, "mention")] if given else None)
    return redirect("review:mentions")


def _number(given: str, name: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise BadRequest(f"“{name}” must be a whole number, not “{given[:40]}”.")
    return int(given)
