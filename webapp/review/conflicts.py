"""What a reviewer's step ran into: what has changed since, and both texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from webapp.accounts.models import User
from webapp.common.errors import NotFound
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.content.editing import check_edited
from webapp.conversations.content.shapes import BadMessages, Message
from webapp.conversations.diffs import diff_messages
from webapp.conversations.fetching import get_conversation_for_user
from webapp.conversations.models import Flag
from webapp.conversations.rendering import Body, render_body
from webapp.conversations.showing import ShownConversation
from webapp.conversations.timeline import Event, events_since
from webapp.conversations.versions import text_at
from webapp.review.models import Step
from webapp.review.step_lists import words_of

MOST_LISTED = 200
#: Refused, these are work that would be lost out of sight; a draft or an undo is none.
WORK = (Step.Kind.DECIDE, Step.Kind.EDIT, Step.Kind.FLAG, Step.Kind.COMMENT)


class WholeTurn(NamedTuple):
    """A turn as it was written, not cut."""

    number: int
    role: str
    body: Body


@dataclass
class Clash:
    """A step that was not carried out, beside the conversation as it is now."""

    step: Step
    user: User

    @cached_property
    def shown(self) -> ShownConversation:
        return ShownConversation(get_conversation_for_user(self.user, self.step.conversation_id or 0), self.user)

    @property
    def words(self) -> str:
        return words_of(self.step)

    @property
    def is_open(self) -> bool:
        return self.step.state in {Step.State.CONFLICT, Step.State.REFUSED}

    @property
    def note(self) -> str:
        said = self.step.parameters
        return str(
            said.get("note") or said.get("text") or (said.get("reason") if self.step.kind == "edit" else "") or ""
        )

    @cached_property
    def mine(self) -> list[Message] | None:
        """The text that the reviewer wrote, where it is one that can be stored."""
        try:
            return check_edited(self.step.parameters.get("messages"))
        except BadMessages:
            return None

    @cached_property
    def base(self) -> list[Message]:
        """The text that the reviewer saw; that of now where nobody knows."""
        version = self.step.version or self.shown.conversation.version
        try:
            return messages_of(text_at(self.shown.conversation, version))
        except NotFound:
            return self.shown.messages

    @cached_property
    def their_changes(self) -> Sequence[Any]:
        return diff_messages(self.base, self.shown.messages)

    @cached_property
    def my_changes(self) -> Sequence[Any]:
        """What putting mine on top would change."""
        return [] if self.mine is None else diff_messages(self.shown.messages, self.mine)

    @cached_property
    def events(self) -> list[Event]:
        return events_since(self.shown, self.step.version) if self.step.version else []

    @cached_property
    def new_flags(self) -> list[Flag]:
        seen = self.step.parameters.get("seen_flag") or 0
        return [flag for flag in self.shown.open_flags if flag.pk > seen and flag.created_by_id != self.user.pk]

    @property
    def their_turns(self) -> list[WholeTurn]:
        return _whole(self.shown.messages)

    @property
    def my_turns(self) -> list[WholeTurn]:
        return _whole(self.mine or [])


def _whole(messages: Sequence[Message]) -> list[WholeTurn]:
    return [
        WholeTurn(number, message["role"], render_body(message, as_written=True, whole=True))
        for number, message in enumerate(messages, 1)
    ]


def waiting_steps(user: User) -> QuerySet[Step]:
    """What a reviewer did and was not saved, and is not settled: conflicts, and what was refused.

    There is nothing to choose where the conversation is deleted, or in the trash.
    """
    refused = Q(state=Step.State.REFUSED, kind__in=WORK)
    rows = Step.objects.filter(Q(state=Step.State.CONFLICT) | refused, reviewer=user, conversation__isnull=False)
    return rows.filter(conversation__source__deleted_at__isnull=True)


def open_conflicts(user: User) -> list[Clash]:
    """Those that wait for this reviewer, the newest first."""
    rows = waiting_steps(user).select_related("conversation__source").order_by("-number")
    return [Clash(step, user) for step in rows[:MOST_LISTED]]
