"""A conversation as it was asked about: in the version that the result names, whatever was edited since."""

from typing import Any

from webapp.conversations.content.canonical import messages_of
from webapp.conversations.models import Conversation
from webapp.conversations.versions import text_at


def text_asked(conversation: Conversation, version: int) -> str:
    """The stored text of that version."""
    return conversation.text.messages if conversation.version == version else text_at(conversation, version)


def conversation_asked(conversation: Conversation, version: int) -> dict[str, Any]:
    """As a task of tasks_core gives it: what came beside the messages, and the messages of that version."""
    return {**conversation.text.metadata_dict(), "messages": messages_of(text_asked(conversation, version))}
