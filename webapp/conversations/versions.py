"""The versions of a conversation: its text at each of them, what follows from a text, and writes made on an old one."""

from collections.abc import Sequence
from typing import Any

from webapp.common.errors import Conflict, NotFound
from webapp.conversations.content.canonical import canonical_text, content_hash
from webapp.conversations.content.checking import (
    find_issues,
    has_tools,
    is_customjson,
    issue_codes,
    preview_of,
)
from webapp.conversations.content.shapes import Message, joined_text
from webapp.conversations.models import Conversation, Revision


class StaleVersion(Conflict):
    """Made on a version that is not the newest any more."""

    def __init__(self, *, made_on: int, current: int) -> None:
        super().__init__(
            f"You worked on version {made_on}, and version {current} has been saved since. Nothing was overwritten."
        )
        self.made_on = made_on
        self.current = current


class FlaggedSince(Conflict):
    """Somebody set a flag after the page was shown on which it was approved."""

    def __init__(self) -> None:
        super().__init__("Somebody has flagged this conversation since you opened it. Look at the flag first.")


def text_at(conversation: Conversation, version: int) -> str:
    """The stored text of a version: that of the last revision up to it, or the text as imported.

    Raises NotFound for a version that there has never been.
    """
    if not 1 <= version <= conversation.version:
        raise NotFound(f"This conversation has the versions 1 to {conversation.version}.")
    revisions = Revision.objects.filter(conversation=conversation, version__lte=version)
    text = revisions.order_by("-version").values_list("messages", flat=True).first()
    return conversation.text.original_text() if text is None else text


def columns_of(messages: Sequence[Message]) -> dict[str, Any]:
    """The columns of a Conversation that follow from its messages."""
    return {
        "turns": len(messages),
        "characters": sum(len(joined_text(message["content"])) for message in messages),
        "has_system": any(message["role"] == "system" for message in messages),
        "has_tools": has_tools(messages),
        "issues": issue_codes(find_issues(messages)),
        "plain": is_customjson(messages),
        "preview": preview_of(joined_text(_first_of_user(messages)["content"])),
        "content_hash": content_hash(canonical_text(messages)),
    }


def _first_of_user(messages: Sequence[Message]) -> Message:
    return next((message for message in messages if message["role"] == "user"), messages[0])
