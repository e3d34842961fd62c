"""Objects for somebody: a stranger to them gets "not found"."""

from webapp.accounts.models import User
from webapp.common.errors import NotFound
from webapp.conversations.models import Conversation, Flag


def get_conversation_for_user(user: User, conversation_id: int) -> Conversation:
    """The conversation with its source and its texts. Everybody who is logged in may read. Raises NotFound."""
    rows = Conversation.objects.live().select_related("source", "source__created_by", "text", "reviewer")
    conversation = rows.filter(pk=conversation_id).first() if user.is_active else None
    if conversation is None:
        raise NotFound("There is no such conversation. Its source may have been deleted.")
    return conversation


def get_flag_for_user(user: User, conversation_id: int, flag_id: int) -> Flag:
    """A flag of a conversation. Raises NotFound."""
    conversation = get_conversation_for_user(user, conversation_id)
    flag = Flag.objects.filter(pk=flag_id, conversation=conversation).first()
    if flag is None:
        raise NotFound("There is no such flag on this conversation.")
    return flag
