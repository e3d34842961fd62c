"""Other conversations that were imported with the same text."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from webapp.conversations.models import Conversation
from webapp.conversations.showing import ShownConversation

#: So many stand beside a conversation, and so many are read for several conversations together.
MOST_SHOWN = 5
MOST_READ = 500
_NAME = "same text"


def duplicates_of(shown: ShownConversation) -> list[Conversation]:
    """At most MOST_SHOWN + 1 of them, with their sources, without those in the trash."""
    return shown.once(_NAME, lambda: _with_the_same_text([shown.conversation])[shown.conversation.pk])


def read_duplicates(shown: Iterable[ShownConversation]) -> None:
    """Read those of several conversations with one query."""
    several = list(shown)
    found = _with_the_same_text([one.conversation for one in several])
    for one in several:
        one.give(_NAME, found[one.conversation.pk])


def _with_the_same_text(conversations: Sequence[Conversation]) -> dict[int, list[Conversation]]:
    hashes = {bytes(one.original_hash) for one in conversations}
    rows = Conversation.objects.filter(original_hash__in=hashes, source__deleted_at=None).select_related("source")
    most = MOST_READ if len(conversations) > 1 else MOST_SHOWN + 2
    by_hash: dict[bytes, list[Conversation]] = defaultdict(list)
    for row in rows.order_by("pk")[:most]:
        by_hash[bytes(row.original_hash)].append(row)
    return {
        one.pk: [row for row in by_hash[bytes(one.original_hash)] if row.pk != one.pk][: MOST_SHOWN + 1]
        for one in conversations
    }
