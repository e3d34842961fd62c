"""What a script needs for editing: drafts, what has changed under them, and the answers of models."""

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.diffs import diff_messages
from webapp.conversations.fetching import get_conversation_for_user
from webapp.conversations.review_forms import positive
from webapp.conversations.versions import text_at
from webapp.evals.panels import newest_answers
from webapp.review.drafts import draft_of, drafts_of


@require_GET
@role_required(Role.REVIEWER)
def draft_list(request: UserRequest) -> HttpResponse:
    """Which conversations this reviewer has drafts for."""
    return JsonResponse({"drafts": drafts_of(request.user)})


@require_GET
@role_required(Role.REVIEWER)
def draft(request: UserRequest, conversation_id: int) -> HttpResponse:
    return JsonResponse(draft_of(request.user, conversation_id))


@require_GET
@role_required(Role.REVIEWER)
def since(request: UserRequest, conversation_id: int) -> HttpResponse:
    """What has changed in the text since a version (`?version=3`), as HTML, and whether anything has."""
    conversation = get_conversation_for_user(request.user, conversation_id)
    old = messages_of(text_at(conversation, positive(request.GET.get("version", ""), "version")))
    new = messages_of(conversation.text.messages)
    changes = diff_messages(old, new)
    html = render_to_string("conversations/parts/diff.html", {"changes": changes})
    return JsonResponse({"version": conversation.version, "changed": bool(changes), "html": html})


@require_GET
@role_required(Role.REVIEWER)
def answers(request: UserRequest, conversation_id: int) -> HttpResponse:
    """The newest answer of each model, whole: the panel beside the conversation shows only their beginning."""
    conversation = get_conversation_for_user(request.user, conversation_id)
    found = newest_answers(conversation.pk)
    return JsonResponse(
        {
            "answers": [
                {
                    "model": said.result.run.endpoint.name,
                    "outcome": said.result.get_outcome_display(),
                    "text": said.result.answer.text,
                }
                for said in found
                if said.result.answer is not None
            ]
        }
    )
