"""The review screen: a frame, which its script fills."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.conversations.models import FlagReason
from webapp.review.access import get_queue_for_reviewer
from webapp.review.models import Queue, ReviewSettings

#: The reasons that have a key of their own.
KEYED = 9


@ensure_csrf_cookie
@require_safe
@role_required(Role.REVIEWER)
def screen(request: UserRequest, queue_id: int) -> HttpResponse:
    queue = get_queue_for_reviewer(request.user, queue_id)
    reasons = list(FlagReason.objects.filter(active=True))
    context: dict[str, Any] = {
        "queue": queue,
        "settings": ReviewSettings.objects.filter(user=request.user).first() or ReviewSettings(user=request.user),
        "reasons": reasons,
        "keyed_reasons": reasons[:KEYED],
        "endpoints": _endpoints(queue),
    }
    return render_page(request, "review/screen.html", context)


def _endpoints(queue: Queue) -> dict[str, str]:
    """Addresses for the script. Of an item the address ends with its id, here 0."""
    return {
        "items": reverse("review:items", args=[queue.pk]),
        "leave": reverse("review:leave", args=[queue.pk]),
        "item": reverse("review:item", args=[0]),
        "messages": reverse("review:messages", args=[0]),
        "sync": reverse("review:sync"),
        "steps": reverse("review:steps"),
        "conflicts": reverse("review:conflicts"),
    }
