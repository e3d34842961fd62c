"""Objects for somebody: a stranger to them gets "not found"."""

from webapp.accounts.models import User
from webapp.common.errors import NotFound
from webapp.review.models import Queue


def get_queue_for_user(user: User, pk: int) -> Queue:
    """A queue, archived or not. Raises NotFound."""
    queue = Queue.objects.select_related("parent").filter(pk=pk).first() if user.is_active else None
    if queue is None:
        raise NotFound("There is no such review queue.")
    return queue
