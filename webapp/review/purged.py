"""Conversations that are deleted for good: what was said about them goes along, and queues count right without them."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from django.db.models import F, QuerySet

from webapp.common.templatetags.winnow import plural
from webapp.conversations.models import Source
from webapp.review.models import Comment, Lease, Mention, Queue, QueueItem, Step, TurnDraft, Verdict

State = QueueItem.State
#: Nobody has to do anything about these any more.
CLOSED = (State.AGREED, State.DISAGREED, State.ADJUDICATED)


def forget(source: Source, conversation_ids: Sequence[int]) -> None:
    """Delete what hangs on these conversations. Steps stay: they are the record of who did what."""
    items = QueueItem.objects.filter(conversation_id__in=conversation_ids)
    rows = list(items.select_for_update().order_by("pk").values_list("pk", "queue_id", "state"))
    ids = [pk for pk, _, _ in rows]
    Step.objects.filter(item_id__in=ids).update(item=None)
    Step.objects.filter(conversation_id__in=conversation_ids).update(conversation=None)
    hanging: list[QuerySet] = [  # type: ignore[type-arg]
        Lease.objects.filter(item_id__in=ids),
        Verdict.objects.filter(conversation_id__in=conversation_ids),
        Mention.objects.filter(comment__in=Comment.objects.filter(conversation_id__in=conversation_ids)),
        Comment.objects.filter(conversation_id__in=conversation_ids),
        TurnDraft.objects.filter(conversation_id__in=conversation_ids),
        QueueItem.objects.filter(pk__in=ids),
    ]
    for found in hanging:
        found._raw_delete(found.db)
    _count_less(rows)


def _count_less(rows: Sequence[tuple[int, int, int]]) -> None:
    states: dict[int, Counter[int]] = defaultdict(Counter)
    for _, queue, state in rows:
        states[queue][state] += 1
    for queue, counted in sorted(states.items()):
        Queue.objects.filter(pk=queue).update(
            total=F("total") - (counted.total() - counted[State.GONE]),
            done=F("done") - sum(counted[state] for state in CLOSED),
            disagreed=F("disagreed") - counted[State.DISAGREED],
        )


def told_of_source(source: Source) -> str:
    """What deleting the source takes from queues, as a sentence; empty where none names it."""
    filters = Queue.objects.live().values_list("filter", flat=True)
    count = sum(source.pk in saved.get("source", []) for saved in filters)
    if not count:
        return ""
    return (
        f"{plural(count, 'review queue names,review queues name')} this source. When it is deleted for good, its"
        " conversations leave them, with what reviewers said about each."
    )
