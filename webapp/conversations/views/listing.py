"""The list of conversations."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.conversations.browsing import Choices, is_empty, list_rows, percent_searchable, ways_out
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.list_actions import list_actions
from webapp.conversations.listing import PLACE_NAMES, Page, Place, conversation_page

PARTIALS = {"browse": "browse", "list": "list"}


@role_required(Role.VIEWER)
@require_safe
def conversations(request: UserRequest) -> HttpResponse:
    """One page of the conversations that the address asks for. Everybody who is logged in may read it."""
    wanted = ConversationFilter.from_query(request.GET, other=PLACE_NAMES)
    place = Place.from_query(request.GET)
    address = _address(wanted, place)
    if "" in request.GET.values() and not request.headers.get("HX-Request"):
        return HttpResponseRedirect(address)  # a form was sent with empty fields: show the address to share
    page = conversation_page(wanted, place)
    response = render_page(request, "conversations/list.html", _context(request, page), partials=PARTIALS)
    if request.headers.get("HX-Request"):
        response["HX-Push-Url"] = address
    return response


def _address(wanted: ConversationFilter, place: Place) -> str:
    query = wanted.to_query(**place.to_query_parts())
    return reverse("conversations:list") + (f"?{query}" if query else "")


def _context(request: UserRequest, page: Page) -> dict[str, Any]:
    wanted = page.wanted
    return {
        "page": page,
        "filter": wanted,
        "query": wanted.to_query(),
        "choices": Choices(wanted),
        "chips": wanted.chips(),
        "rows": list_rows(page.rows, wanted.to_query(**page.place.order_part())),
        "may_review": request.user.may_review(),
        "actions": list_actions(request.user, wanted),
        "searchable": percent_searchable(wanted.source) if wanted.q else 100,
        "nothing_stored": not page.rows and not wanted and is_empty(),
        "ways_out": ways_out(wanted) if page.is_without_match else [],
    }
