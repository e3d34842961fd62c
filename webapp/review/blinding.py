"""What a reviewer must not see yet: what others say about an item that they decide about on their own."""

from collections.abc import Iterable
from datetime import datetime

from webapp.accounts.models import User
from webapp.conversations.hiding import register_hiding
from webapp.review.models import Queue, QueueItem, Verdict


def hidden_since(user: User, conversation_ids: Iterable[int]) -> dict[int, datetime]:
    """The conversations that this user has yet to decide about without knowing what others say, and since when.

    A conversation is one while it is an open item of a queue in which several decide, and the user, to whom the queue
    is open, has not. What was said before the queue was made is no secret: it was there for everybody.
    """
    if not user.may_review():
        return {}
    queues = Queue.objects.live().open_to(user).filter(overlap__gt=1, kind=Queue.Kind.REVIEW)
    items = QueueItem.objects.filter(
        conversation__in=conversation_ids, state=QueueItem.State.OPEN, queue__in=queues.values("pk")
    ).select_related("queue")
    found = {item.pk: item for item in items}
    decided = Verdict.objects.standing().filter(item__in=found, reviewer=user).values_list("item", flat=True)
    since: dict[int, datetime] = {}
    for pk in found.keys() - set(decided):
        item, made = found[pk], found[pk].queue.created_at
        since[item.conversation_id] = min(made, since.get(item.conversation_id, made))
    return since


register_hiding(lambda user, pk: hidden_since(user, [pk]).get(pk))
