"""Rows held against others until the transaction ends. Always the conversation first, then the item."""

from webapp.common.errors import NotFound
from webapp.conversations.models import Conversation
from webapp.review.models import QueueItem


def lock_conversation(conversation_id: int | None) -> Conversation:
    """Without its texts. Raises NotFound."""
    rows = Conversation.objects.live().select_for_update(of=("self",), no_key=True)
    conversation = None if conversation_id is None else rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound("There is no such conversation. Its source may have been deleted.")
    return conversation


def lock_item(item_id: int | None) -> QueueItem | None:
    """The item with its queue; None where its queue was deleted since."""
    rows = QueueItem.objects.select_for_update(of=("self",), no_key=True).select_related("queue")
    return None if item_id is None else rows.filter(pk=item_id).first()
