"""Queues and items for somebody: what is not open to them is "not found"."""

from uuid import UUID

from webapp.accounts.models import User
from webapp.common.errors import NotFound
from webapp.review.models import Queue, QueueItem, Step
from webapp.review.queues import queues_for_user


def get_queue_for_reviewer(user: User, queue_id: int) -> Queue:
    """A queue that is not archived and open to this reviewer, with its job. Raises NotFound."""
    queue = queues_for_user(user).filter(archived_at=None).select_related("job").filter(pk=queue_id).first()
    if queue is None:
        raise NotFound("There is no such queue. It may have been archived, or given to others.")
    return queue


def get_item_for_reviewer(user: User, item_id: int) -> QueueItem:
    """An item of a queue that is open to this reviewer, with all that is shown of it. Raises NotFound."""
    rows = QueueItem.objects.select_related("queue", "conversation__source__created_by", "conversation__text")
    item = rows.filter(pk=item_id, conversation__source__deleted_at=None).first()
    if item is None or not queues_for_user(user).filter(pk=item.queue_id).exists():
        raise NotFound("There is no such item. Its source may have been deleted.")
    return item


def get_step_for_reviewer(user: User, step_id: UUID) -> Step:
    """One of this reviewer's own steps. Raises NotFound."""
    step = Step.objects.select_related("conversation", "item__queue").filter(pk=step_id, reviewer=user).first()
    if step is None:
        raise NotFound("There is no such step of yours.")
    return step
