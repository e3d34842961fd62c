"""All answers about one conversation."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.conversations.fetching import get_conversation_for_user
from webapp.evals.listing import whole_number
from webapp.evals.panels import page_of_answers


@role_required(Role.VIEWER)
@require_safe
def answers(request: UserRequest, conversation_id: int) -> HttpResponse:
    """One page of what all runs have answered, the newest first."""
    conversation = get_conversation_for_user(request.user, conversation_id)
    page = page_of_answers(conversation.pk, whole_number(request.GET.dict(), "before"))
    return render_page(request, "evals/answers.html", {"conversation": conversation, "page": page})
