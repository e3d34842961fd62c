"""Which items come next for a reviewer, and which of theirs they still hold.

An item is free while fewer people hold it or have decided it than its queue wants. All times are the database's.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Now

from webapp.accounts.models import User
from webapp.conversations.models import Decision, Status
from webapp.review.models import Lease, Queue, QueueItem, Verdict


def lease_end() -> CombinedExpression:
    """When a lease that is taken now runs out."""
    return Now() + timedelta(seconds=settings.REVIEW_LEASE_SECONDS)


def free_items(queue: Queue, reviewer: User) -> QuerySet[QueueItem]:
    """Items that this reviewer may take, in order, by what is known before they are locked."""
    held = Lease.objects.held().filter(item=OuterRef("pk"))
    # Open is the lowest state. Said as a range that is sorted by, only the index "queue_item_next" gives this order:
    # PostgreSQL would walk another one, over all that is done, until it has counted the table anew.
    rows = QueueItem.objects.filter(queue=queue, state__lte=QueueItem.State.OPEN).order_by("state", "rank", "id")
    if queue.overlap == 1:
        return rows.filter(~Exists(held))
    decided = Verdict.objects.standing().filter(item=OuterRef("pk"), reviewer=reviewer)
    holders = held.order_by().values("item").annotate(total=Count("pk")).values("total")
    rows = rows.filter(~Exists(held.filter(reviewer=reviewer)), ~Exists(decided))
    taken = Coalesce(Subquery(holders, output_field=IntegerField()), Value(0)) + F("verdicts_count")
    return rows.annotate(taken=taken).filter(taken__lt=queue.overlap)


def beyond_own(queue: Queue, reviewer: User, rows: QuerySet[QueueItem]) -> QuerySet[QueueItem]:
    """Those after the item that this reviewer decided last.

    Where others have to decide, too, all that the fastest has done stays open before it; it is not read again.
    """
    mine = Verdict.objects.standing().filter(reviewer=reviewer, queue=queue).order_by("-created_at", "-pk")
    last = mine.values_list("item__rank", "item_id").first()
    return rows if last is None else rows.filter(Q(rank__gt=last[0]) | Q(rank=last[0], id__gt=last[1]))


def locked(rows: QuerySet[QueueItem], most: int) -> list[QueueItem]:
    """At most so many of these, which nobody else is taking at this moment. SQLite has one writer at a time."""
    return list(rows.select_for_update(skip_locked=True, of=("self",))[:most])


def holders_of(items: Collection[QueueItem]) -> dict[int, list[int]]:
    """Who holds these locked items, by item. Leases that have run out are deleted.

    Read after the lock: what another transaction took between our look and our lock is seen only now. And a lease
    that its holder renews at this moment is either gone for them or still there for us, never both.
    """
    found: dict[int, list[int]] = {item.pk: [] for item in items}
    ended = []
    for pk, item_id, reviewer_id, is_held in _leases_on(list(found)):
        if is_held:
            found[item_id].append(reviewer_id)
        else:
            ended.append(pk)
    if ended:
        Lease.objects.filter(pk__in=ended).delete()
    return found


def _leases_on(item_ids: Collection[int]) -> Iterable[tuple[int, int, int, bool]]:
    """Locked in one order by everybody, so that no two wait for each other."""
    is_held = ExpressionWrapper(Q(until__gt=Now()), output_field=BooleanField())
    rows = Lease.objects.filter(item__in=item_ids).order_by("item_id", "pk").select_for_update()
    return rows.annotate(is_held=is_held).values_list("pk", "item_id", "reviewer_id", "is_held")


def has_room(item: QueueItem, queue: Queue, holders: Sequence[int], reviewer: User) -> bool:
    return reviewer.pk not in holders and item.verdicts_count + len(holders) < queue.overlap


def gone_among(items: Sequence[QueueItem], queue: Queue) -> list[QueueItem]:
    """Those whose conversation was decided elsewhere, or whose source is in the trash.

    Where the filter of the queue names statuses, these are what it is about; otherwise a decision counts that was
    made after the queue.
    """
    statuses = _wanted(queue)
    gone = [item for item in items if item.conversation.source.deleted_at is not None]
    decided = [item for item in items if item not in gone and item.conversation.status != Status.UNREVIEWED]
    if statuses:
        return gone + [item for item in decided if item.conversation.status not in statuses]
    if not decided:
        return gone
    ids = [item.conversation_id for item in decided]
    since = Decision.objects.filter(conversation__in=ids, created_at__gte=queue.created_at)
    newly = set(since.values_list("conversation_id", flat=True))
    return gone + [item for item in decided if item.conversation_id in newly]


def _wanted(queue: Queue) -> set[int]:
    words = queue.filter.get("status") or ()
    by_word = {str(status.label): status.value for status in Status}
    return {by_word[word] for word in ([words] if isinstance(words, str) else words) if word in by_word}


def hold(item: QueueItem, reviewer: User, tab: str) -> None:
    """Keep a locked item, which was opened again by an undo, for the screen that it comes back to."""
    Lease.objects.update_or_create(item=item, reviewer=reviewer, defaults={"tab": tab, "until": lease_end()})
