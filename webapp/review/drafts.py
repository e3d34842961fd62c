"""What a reviewer was writing and has not saved: from another browser, or before this one forgot it."""

from typing import Any

from webapp.accounts.models import User
from webapp.common.errors import NotFound
from webapp.review.models import TurnDraft

#: So many are told of at once; who leaves more behind meets the newest ones.
MOST_TOLD = 500


def drafts_of(user: User) -> list[dict[str, Any]]:
    """All drafts without their texts, the newest first."""
    rows = TurnDraft.objects.filter(user=user).order_by("-updated_at").defer("messages")
    return [_told(draft) for draft in rows[:MOST_TOLD]]


def draft_of(user: User, conversation_id: int) -> dict[str, Any]:
    """One draft with its messages. Raises NotFound."""
    draft = TurnDraft.objects.filter(user=user, conversation_id=conversation_id).first()
    if draft is None:
        raise NotFound("There is no draft of yours for this conversation.")
    return _told(draft) | {"messages": draft.messages}


def _told(draft: TurnDraft) -> dict[str, Any]:
    return {
        "conversation": draft.conversation_id,
        "version": draft.version,
        "at": round(draft.updated_at.timestamp() * 1000),
    }
