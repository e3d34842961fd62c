"""Taking items for a reviewer's screen, keeping them while it lives, giving them back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from webapp.accounts.models import User
from webapp.conversations.models import ConversationText
from webapp.review import leasing
from webapp.review.models import Lease, Queue, QueueItem

State = QueueItem.State
#: Looks for more after a look in which others were quicker, or what was met had been decided elsewhere.
MOST_LOOKS, LONGEST_LOOK = 20, 500
#: What is shown of an item; the text is read of those that are taken only.
SHOWN_WITH = ("conversation__source__created_by", "conversation__reviewer")


@dataclass
class Taken:
    """What a screen got: the new items in order (with their conversations and texts), and those that it lost."""

    items: list[QueueItem] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)


@transaction.atomic
def take_items(
    *, queue: Queue, reviewer: User, tab: str, have: Sequence[int], want: int, first: int | None = None
) -> Taken:
    """Renew the leases on `have` and take the next items until the tab has `want`; `first` before all others."""
    kept = _renew(queue, reviewer, tab, have)
    taken = Taken(lost=[pk for pk in have if pk not in kept])
    room = want - len(kept)
    if first is not None and first not in kept:
        taken.items += _wanted(queue, reviewer, tab, first)
        room -= len(taken.items)
    if room > 0:
        taken.items += _next(queue, reviewer, tab, room)
    return taken


@transaction.atomic
def give_back(*, queue: Queue, reviewer: User, tab: str) -> None:
    """Let go of all that a tab holds of a queue."""
    Lease.objects.filter(reviewer=reviewer, tab=tab, item__queue=queue).delete()


def _renew(queue: Queue, reviewer: User, tab: str, have: Sequence[int]) -> set[int]:
    """The ids of those that are still ours. A lease that ran out and that nobody else took is ours again."""
    if not have:
        return set()
    mine = Lease.objects.filter(reviewer=reviewer, tab=tab, item__in=list(have), item__queue=queue)
    held = mine.filter(item__state=State.OPEN).order_by("item_id", "pk").select_for_update(of=("self",))
    kept = {lease.item_id: lease.pk for lease in held}
    rows = QueueItem.objects.filter(pk__in=kept).select_related("conversation__source")
    for item_id in _close_gone(queue, leasing.gone_among(list(rows), queue)):
        del kept[item_id]
    Lease.objects.filter(pk__in=kept.values()).update(until=leasing.lease_end())
    return set(kept)


def _wanted(queue: Queue, reviewer: User, tab: str, item_id: int) -> list[QueueItem]:
    """The one item that the screen asked for, where it is free or this tab's already."""
    if item_id in _renew(queue, reviewer, tab, [item_id]):
        return _with_texts(list(QueueItem.objects.filter(pk=item_id).select_related(*SHOWN_WITH)))
    free = leasing.free_items(queue, reviewer).filter(pk=item_id)
    return _take(queue, reviewer, tab, leasing.locked(free, 1), 1)


def _next(queue: Queue, reviewer: User, tab: str, most: int) -> list[QueueItem]:
    free = leasing.free_items(queue, reviewer)
    if queue.overlap == 1:
        return _take_from(free, queue, reviewer, tab, most)
    taken = _take_from(leasing.beyond_own(queue, reviewer, free), queue, reviewer, tab, most)
    if len(taken) < most:
        taken += _take_from(free, queue, reviewer, tab, most - len(taken))
    return taken


def _take_from(free: QuerySet[QueueItem], queue: Queue, reviewer: User, tab: str, most: int) -> list[QueueItem]:
    taken: list[QueueItem] = []
    look = most
    for _ in range(MOST_LOOKS):
        met = leasing.locked(free, look)
        taken += _take(queue, reviewer, tab, met, most - len(taken))
        if len(met) < look or len(taken) >= most:
            break
        look = min(4 * look, LONGEST_LOOK)
    return taken


def _take(queue: Queue, reviewer: User, tab: str, met: list[QueueItem], most: int) -> list[QueueItem]:
    """Lease those of the locked items that are really free, and close those that were decided elsewhere."""
    if not met:
        return []
    holders = leasing.holders_of(met)
    rows = QueueItem.objects.filter(pk__in=[item.pk for item in met]).select_related(*SHOWN_WITH)
    items = sorted(rows, key=lambda item: (item.rank, item.pk))
    gone = _close_gone(queue, leasing.gone_among(items, queue))
    free = [item for item in items if item.pk not in gone and item.state == State.OPEN]
    free = [item for item in free if leasing.has_room(item, queue, holders[item.pk], reviewer)][:most]
    until = leasing.lease_end()
    Lease.objects.bulk_create([Lease(item=item, reviewer=reviewer, tab=tab, until=until) for item in free])
    return _with_texts(free)


def _with_texts(items: list[QueueItem]) -> list[QueueItem]:
    """With the texts of their conversations, which those that were only looked at need not be read with."""
    texts = ConversationText.objects.in_bulk([item.conversation_id for item in items])
    for item in items:
        item.conversation.text = texts[item.conversation_id]
    return items


def _close_gone(queue: Queue, gone: Sequence[QueueItem]) -> set[int]:
    """Close items that nobody needs to decide any more. They count no more: nothing is left to do.

    What somebody is deciding at this moment is left to them. Gives the ids of all that are gone.
    """
    ids = {item.pk for item in gone}
    if ids:
        rows = QueueItem.objects.filter(pk__in=ids, state=State.OPEN).select_for_update(skip_locked=True)
        free = list(rows.order_by("pk").values_list("pk", flat=True))
        closed = QueueItem.objects.filter(pk__in=free).update(state=State.GONE, closed_at=timezone.now())
        Lease.objects.filter(item__in=free).delete()
        Queue.objects.filter(pk=queue.pk).update(total=F("total") - closed)
    return ids
