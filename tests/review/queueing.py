"""Queues for tests, filled as a worker fills them."""

from typing import Any

from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Conversation
from webapp.review.actions.queues import create_queue, refill_queue
from webapp.review.models import Queue, QueueItem

UNREVIEWED = {"status": ["unreviewed"]}
State = QueueItem.State


def work(job: Job, *, slice_seconds: float | None = None) -> Job:
    """Run a job slice after slice, to its end."""
    while (ended := run_slice(job.pk, slice_seconds=slice_seconds)) and not ended.is_finished():
        pass
    assert ended is not None
    return ended


def make_queue(wanted: dict[str, Any] | None = None, *, fill: bool = True, **fields: Any) -> Queue:
    """A queue of what is unreviewed, unless told otherwise; `slice_seconds` cuts the filling into slices."""
    chosen = ConversationFilter.from_dict(UNREVIEWED if wanted is None else wanted)
    slice_seconds = fields.pop("slice_seconds", None)
    name = fields.pop("name", f"queue {Queue.objects.count() + 1}")
    queue = create_queue(name=name, wanted=chosen, by=fields.pop("by", None), **fields)
    assert queue.job is not None
    if fill:
        assert work(queue.job, slice_seconds=slice_seconds).state == Job.State.DONE, queue.job.error
        queue.refresh_from_db()
    return queue


def refill(queue: Queue) -> dict[str, int]:
    """Look again; what came of it, as far as it is not 0."""
    job = work(refill_queue(queue=queue, by=None))
    assert job.state == Job.State.DONE, job.error
    queue.refresh_from_db()
    return {name: count for name, count in job.result.items() if count}


def in_order(queue: Queue) -> list[int]:
    """The conversations of the open items, in the order of the queue."""
    rows = queue.items.filter(state=State.OPEN).order_by("rank", "pk")
    return list(rows.values_list("conversation_id", flat=True))


def item_of(queue: Queue, conversation: Conversation) -> QueueItem:
    return queue.items.get(conversation=conversation)


def close(queue: Queue, conversation: Conversation, state: QueueItem.State = State.AGREED) -> None:
    """As if reviewers were done with it."""
    queue.items.filter(conversation=conversation).update(state=state, verdicts_count=queue.overlap)
    queue.done += 1
    queue.disagreed += state == State.DISAGREED
    queue.save(update_fields=["done", "disagreed"])


def assert_counts_match(queue: Queue) -> None:
    """The kept counts equal a recount of the items."""
    queue.refresh_from_db()
    states = list(queue.items.values_list("state", flat=True))
    closed = [state for state in states if state in {State.AGREED, State.DISAGREED, State.ADJUDICATED}]
    assert queue.total == sum(state != State.GONE for state in states)
    assert (queue.done, queue.disagreed) == (len(closed), states.count(State.DISAGREED))
