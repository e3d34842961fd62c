"""Comments beside a conversation: writing one, taking it back, resolving it; the names that can be mentioned."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import Unprocessable
from webapp.conversations.fetching import get_conversation_for_user
from webapp.conversations.review_forms import first_error
from webapp.conversations.views.conversation import address_of, list_of, show, shown_for
from webapp.review.actions.comments import add_comment, delete_comment, reopen_comment, resolve_comment
from webapp.review.comment_forms import CommentForm
from webapp.review.comments import mentionable, named_in, told_of_unknown
from webapp.review.models import Comment


@require_POST
@role_required(Role.REVIEWER)
def add(request: UserRequest, conversation_id: int) -> HttpResponse:
    conversation = get_conversation_for_user(request.user, conversation_id)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _refused(request, conversation_id, first_error(form), 400)
    name = form.cleaned_data["name"].strip().removeprefix("@")
    if name and not named_in(f"@{name}"):
        return _refused(request, conversation_id, f"There is nobody called “{name}” who can log in.", 422)
    try:
        comment = add_comment(
            conversation_id=conversation.pk, turn=form.turn_index(), text=form.whole_text(), by=request.user
        )
    except Unprocessable as error:
        return _refused(request, conversation_id, str(error), 422)
    if unknown := told_of_unknown(comment.text):
        messages.warning(request, f"The comment is saved. {unknown}")
    return _back(request, comment)


@require_POST
@role_required(Role.REVIEWER)
def delete(request: UserRequest, pk: int) -> HttpResponse:
    comment = delete_comment(comment_id=pk, by=request.user)
    messages.success(request, "The comment is deleted.")
    return _back(request, comment)


@require_POST
@role_required(Role.REVIEWER)
def resolve(request: UserRequest, pk: int) -> HttpResponse:
    return _back(request, resolve_comment(comment_id=pk, by=request.user))


@require_POST
@role_required(Role.REVIEWER)
def reopen(request: UserRequest, pk: int) -> HttpResponse:
    return _back(request, reopen_comment(comment_id=pk))


@require_GET
@role_required(Role.REVIEWER)
def people(request: UserRequest) -> HttpResponse:
    """The names that a comment can mention, for completion while typing."""
    return JsonResponse({"names": list(mentionable().values_list("username", flat=True))})


def _back(request: UserRequest, comment: Comment) -> HttpResponse:
    return HttpResponseRedirect(f"{address_of(comment.conversation_id, list_of(request))}#panel-comments")


def _refused(request: UserRequest, conversation_id: int, why: str, status: int) -> HttpResponse:
    """The conversation's page with what was typed, and what was wrong with it."""
    shown = shown_for(request, conversation_id)
    shown.kept = {f"comment_{name}": str(request.POST.get(name, "")) for name in ("turn", "text", "name")}
    return show(request, shown, problem=f"The comment was not saved. {why}", status=status)
