"""Who was named in comments and has not read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from webapp.accounts.models import User
from webapp.review.blinding import hidden_since
from webapp.review.comments import ShownComment, show
from webapp.review.models import Mention

PAGE_ROWS = 50
#: More than this many unread ones are "99+".
MOST_COUNTED = 100


@dataclass(frozen=True)
class ShownMention:
    """A mention as its reader sees it; without its comment where the reader has to decide first."""

    mention: Mention
    shown: ShownComment | None


@dataclass(frozen=True)
class MentionPage:
    """Some mentions, the newest first; `older` is the id before which the next page begins."""

    rows: Sequence[ShownMention]
    older: int | None


def mentions_of(user: User) -> QuerySet[Mention]:
    """Those whose comment stands, on a conversation that is there."""
    return Mention.objects.filter(
        user=user, comment__deleted_at=None, comment__conversation__source__deleted_at__isnull=True
    )


def unread_count(user: User) -> int:
    """At most MOST_COUNTED."""
    return len(mentions_of(user).filter(read_at=None).values_list("pk", flat=True)[:MOST_COUNTED])


def page_of(user: User, *, unread: bool, before: int | None) -> MentionPage:
    """A page of mentions; `unread`: only those."""
    rows = mentions_of(user).order_by("-pk").select_related("comment__created_by", "comment__conversation__source")
    if unread:
        rows = rows.filter(read_at=None)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.prefetch_related("comment__mentions__user")[: PAGE_ROWS + 1])
    kept = found[:PAGE_ROWS]
    return MentionPage(_shown(user, kept), kept[-1].pk if len(found) > PAGE_ROWS else None)


def _shown(user: User, mentions: Sequence[Mention]) -> list[ShownMention]:
    since = hidden_since(user, [mention.comment.conversation_id for mention in mentions])
    texts = show([mention.comment for mention in mentions])
    rows = []
    for mention, text in zip(mentions, texts, strict=True):
        hidden = since.get(mention.comment.conversation_id)
        is_open = hidden is None or mention.comment.created_at < hidden
        rows.append(ShownMention(mention, text if is_open else None))
    return rows
