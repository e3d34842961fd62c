"""The queue in which what reviewers did not agree about waits for one person to decide."""

from django.utils import timezone

from webapp.common.models import advance
from webapp.review.models import Queue, QueueItem, Verdict

State = QueueItem.State
REASON = ",disagreement,"


def ask_for(item: QueueItem) -> None:
    """Put the item's conversation into the adjudication queue of its queue, which the first one creates."""
    queue = _queue_for(item.queue_id)
    asked, is_new = QueueItem.objects.get_or_create(
        queue=queue, conversation_id=item.conversation_id, defaults={"rank": item.rank, "reasons": REASON}
    )
    if is_new:
        Queue.objects.filter(pk=queue.pk).update(**advance(total=1))
    elif asked.state != State.OPEN:
        # What was adjudicated about the text of then stands no more, and would keep everybody from deciding anew.
        Verdict.objects.standing().filter(item=asked).update(withdrawn_at=timezone.now())
        QueueItem.objects.filter(pk=asked.pk).update(state=State.OPEN, verdicts_count=0, closed_at=None)
        moved = {"total": 1} if asked.state == State.GONE else {"done": -1}
        Queue.objects.filter(pk=queue.pk).update(**advance(**moved))


def call_off(item: QueueItem) -> None:
    """The reviewers agree after all, or one has taken the verdict back: nobody needs to adjudicate."""
    rows = QueueItem.objects.filter(queue__parent=item.queue_id, conversation=item.conversation_id, state=State.OPEN)
    asked = rows.first()
    if asked is not None:
        rows.update(state=State.GONE, closed_at=timezone.now())
        Queue.objects.filter(pk=asked.queue_id).update(**advance(total=-1))


def _queue_for(parent_id: int) -> Queue:
    """The row of the parent is held, so that two first disagreements make one queue."""
    parent = Queue.objects.select_for_update(no_key=True).get(pk=parent_id)
    found = Queue.objects.filter(parent=parent, kind=Queue.Kind.ADJUDICATION).order_by("pk").first()
    if found is not None:
        return found
    name = _free_name(parent.name)
    return Queue.objects.create(name=name, kind=Queue.Kind.ADJUDICATION, parent=parent, created_by=parent.created_by)


def _free_name(name: str) -> str:
    wanted = f"{name[:100]}: disagreements"
    taken = set(Queue.objects.filter(name__startswith=wanted).values_list("name", flat=True))
    numbered = (f"{wanted} {number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)
