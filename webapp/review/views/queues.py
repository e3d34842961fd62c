"""The list of queues."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.conversations.filters import ConversationFilter
from webapp.review.conflicts import waiting_steps
from webapp.review.forms import proposed_name
from webapp.review.queues import matching, queue_rows

PARTIALS = {"queue-list": "queue_list"}


@role_required(Role.VIEWER)
@require_safe
def queues(request: UserRequest) -> HttpResponse:
    """The queues that are open to the reader, those assigned to them first; curators see all, and the archive."""
    rows = queue_rows(request.user)
    archived = queue_rows(request.user, archived=True) if request.user.may_curate() else []
    unreviewed = ConversationFilter(status=("unreviewed",))
    context: dict[str, Any] = {
        "rows": rows,
        "archived": archived,
        "conflicts": waiting_steps(request.user).count() if request.user.may_review() else 0,
        "is_filling": any(row.job for row in rows),
        "unreviewed": None if rows else matching(unreviewed),
        "proposed_name": "" if rows else proposed_name(unreviewed),
    }
    return render_page(request, "review/queues.html", context, partials=PARTIALS)
