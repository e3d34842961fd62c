"""The review screen: a frame, which its script fills. Opening it has a queue that has run out looked through again."""

from django.http import HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.review.access import get_queue_for_reviewer
from webapp.review.actions.queues import refill_if_due
from webapp.review.screen_config import screen_context


@ensure_csrf_cookie
@require_safe
@role_required(Role.REVIEWER)
def screen(request: UserRequest, queue_id: int) -> HttpResponse:
    queue = get_queue_for_reviewer(request.user, queue_id)
    if not queue.left:
        # What was edited, answered or flagged since may belong to it by now; only an import tells queues by itself.
        refill_if_due(queue)
    return render_page(request, "review/screen.html", screen_context(queue, request.user))
