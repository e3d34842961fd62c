"""An item as the review screen gets it: numbers for its keys, and its text, its panels and its reasons as HTML."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse

from webapp.accounts.models import User
from webapp.conversations.content.checking import ISSUES
from webapp.conversations.duplicates import read_duplicates
from webapp.conversations.models import Decision, Flag, FlagReason, Revision
from webapp.conversations.panels import panels_for
from webapp.conversations.showing import ShownConversation
from webapp.evals.models import EvalResult
from webapp.review.models import Queue, QueueItem
from webapp.review.panels import read_together
from webapp.review.reasons import reason_words

#: A longer text (characters of JSON) is fetched only by who edits it.
LONGEST_MESSAGES = 200_000
BLIND_WORDS = "Its text cannot be edited here: several people review it independently, and all must see the same."

Row = TypeVar("Row", bound=Model)


@dataclass
class ShownItem(ShownConversation):
    """A conversation as an item of a queue, which also says what is hidden of it."""

    is_answered: bool = True


@dataclass(frozen=True)
class ItemReader:
    """For whom items are shown; the forms in their panels carry the token of the session."""

    user: User
    csrf_token: str


def items_as_json(items: Sequence[QueueItem], reader: ItemReader) -> list[dict[str, Any]]:
    """Items with their queues, conversations and texts, in the form of the review screen."""
    shown = _shown(items, reader.user)
    words = _words_for(items)
    return [_as_json(item, shown[item.pk], words[item.pk], reader) for item in items]


def is_blind(item: QueueItem) -> bool:
    """Whether others' marks are hidden: also after the own decision, which can still be taken back."""
    return item.queue.is_blind() and item.state == QueueItem.State.OPEN


def _shown(items: Sequence[QueueItem], user: User) -> dict[int, ShownItem]:
    """All marks of all items, each kind read with one query."""
    ids = [item.conversation_id for item in items]
    marks = _Marks(ids)
    found = {}
    for item in items:
        shown = ShownItem(item.conversation, user)
        shown.blind_since = item.queue.created_at if is_blind(item) else None
        found[item.pk] = marks.put_on(shown)
    read_together(list(found.values()))
    read_duplicates(found.values())
    return found


def _words_for(items: Sequence[QueueItem]) -> dict[int, list[str]]:
    """Why each is in its queue, by its id."""
    by_queue: dict[Queue, list[QueueItem]] = defaultdict(list)
    for item in items:
        by_queue[item.queue].append(item)
    return {pk: words for queue, its in by_queue.items() for pk, words in reason_words(queue, its).items()}


class _Marks:
    """The flags, decisions and revisions of several conversations."""

    def __init__(self, conversation_ids: Sequence[int]) -> None:
        ids = {"conversation__in": conversation_ids}
        flags = Flag.objects.filter(**ids).select_related("reason", "created_by", "resolved_by").order_by("-pk")
        decisions = Decision.objects.filter(**ids).select_related("created_by").order_by("-pk")
        revisions = Revision.objects.filter(**ids).select_related("created_by").defer("messages").order_by("-version")
        self.flags, self.decisions = _by_conversation(flags), _by_conversation(decisions)
        self.revisions = _by_conversation(revisions)
        self.reasons = list(FlagReason.objects.filter(active=True))
        self.answered = set(EvalResult.objects.filter(**ids).values_list("conversation_id", flat=True).distinct())

    def put_on(self, shown: ShownItem) -> ShownItem:
        """As if the conversation had asked for them itself, without those that are hidden."""
        pk = shown.conversation.pk
        flags = shown.seen(self.flags[pk])
        shown.flags = sorted(flags, key=lambda flag: flag.resolved_at is not None)
        shown.seen_flag = max((flag.pk for flag in shown.open_flags), default=0)
        shown.decisions = shown.seen(self.decisions[pk])
        shown.revisions, shown.reasons = self.revisions[pk], self.reasons
        shown.is_answered = pk in self.answered
        return shown


def _by_conversation(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, "conversation_id")].append(row)  # noqa: B009 - not every model has it
    return found


def _as_json(item: QueueItem, shown: ShownItem, words: list[str], reader: ItemReader) -> dict[str, Any]:
    conversation = item.conversation
    fits = len(conversation.text.messages) <= LONGEST_MESSAGES
    return {
        "id": item.pk,
        "conversation": conversation.pk,
        "version": conversation.version,
        "seen_flag": shown.seen_flag,
        "status": conversation.get_status_display(),
        "approvable": conversation.is_approvable(),
        "issues": [ISSUES[code] for code in conversation.issue_codes()],
        "title": str(conversation),
        "turns": conversation.turns,
        "blind": shown.blind_since is not None,
        "editable": not item.queue.is_blind(),
        "editable_why": BLIND_WORDS if item.queue.is_blind() else "",
        "reasons": words,
        "messages": shown.messages if fits else None,
        "address": reverse("conversations:conversation", args=[conversation.pk]),
        "html": _html(item, shown, words, reader),
    }


def _html(item: QueueItem, shown: ShownItem, words: list[str], reader: ItemReader) -> dict[str, str]:
    context = {
        "item": item,
        "shown": shown,
        "conversation": item.conversation,
        "csrf_token": reader.csrf_token,
        "page": shown.turn_page(0),
        "panels": panels_for(shown, without=() if shown.is_answered else ("answers",)),
        "reasons": words,
    }
    return {
        "turns": render_to_string("review/item_turns.html", context),
        "side": render_to_string("review/item_side.html", context),
        "why": render_to_string("review/item_why.html", context),
    }
