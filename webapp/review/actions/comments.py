"""Commenting on a conversation, and reading what one was named in. `by` is the user."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.errors import Forbidden, NotFound
from webapp.conversations.models import Conversation
from webapp.review.comments import write_comment
from webapp.review.models import Comment, Mention


@transaction.atomic
def add_comment(*, conversation_id: int, turn: int | None, text: str, by: User) -> Comment:
    """Store a comment on a turn (index from 0) or on the whole, and tell the people whom it names with an @.

    Raises NotFound, Unprocessable (no text, too long, no such turn).
    """
    conversation = Conversation.objects.live().filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound("There is no such conversation. Its source may have been deleted.")
    return write_comment(conversation=conversation, turn=turn, text=text, by=by)


@transaction.atomic
def delete_comment(*, comment_id: int, by: User) -> Comment:
    """Take one's own comment back. The row stays; nobody sees it any more. Raises NotFound, Forbidden."""
    comment = _locked(comment_id)
    if comment.created_by_id != by.pk:
        raise Forbidden("Only its writer can delete a comment. You can resolve it.")
    comment.deleted_at = timezone.now()
    comment.save(update_fields=["deleted_at"])
    return comment


@transaction.atomic
def resolve_comment(*, comment_id: int, by: User) -> Comment:
    """Say that it is dealt with; one that is resolved stays as it is. Raises NotFound."""
    comment = _locked(comment_id)
    if comment.resolved_at is None:
        comment.resolved_at, comment.resolved_by = timezone.now(), by
        comment.save(update_fields=["resolved_at", "resolved_by"])
    return comment


@transaction.atomic
def reopen_comment(*, comment_id: int) -> Comment:
    """Say that it is not dealt with after all. Raises NotFound."""
    comment = _locked(comment_id)
    comment.resolved_at = comment.resolved_by = None
    comment.save(update_fields=["resolved_at", "resolved_by"])
    return comment


@transaction.atomic
def mark_read(*, by: User, mention_ids: Sequence[int] | None = None) -> int:
    """Mark mentions of this user as read, all of them without a list; how many were unread."""
    unread = Mention.objects.filter(user=by, read_at=None)
    if mention_ids is not None:
        unread = unread.filter(pk__in=mention_ids)
    return unread.update(read_at=timezone.now())


def _locked(comment_id: int) -> Comment:
    comments = Comment.objects.select_for_update(of=("self",)).select_related("conversation")
    rows = comments.filter(pk=comment_id, deleted_at=None, conversation__source__deleted_at__isnull=True)
    comment = rows.first()
    if comment is None:
        raise NotFound("There is no such comment. It may have been deleted.")
    return comment
