"""What a reviewer must not see yet: what others say about an item that they decide about on their own."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from webapp.accounts.models import User
from webapp.conversations.deciding import Elsewhere, register_elsewhere
from webapp.conversations.hiding import register_hiding
from webapp.review.models import Queue, QueueItem, QueueQuerySet, Verdict


def hidden_since(user: User, conversation_ids: Iterable[int]) -> dict[int, datetime]:
    """The conversations about which this user must not know yet what others say, and since when.

    A conversation is one while it is an open item of a queue in which several decide and which is open to the user:
    also after the own decision, which can still be taken back. What was said before the queue was made is no secret.
    """
    if not user.may_review():
        return {}
    since: dict[int, datetime] = {}
    for item in _open_blind(Queue.objects.live().open_to(user), conversation_ids):
        made = item.queue.created_at
        since[item.conversation_id] = min(made, since.get(item.conversation_id, made))
    return since


def decided_in_queue(user: User, conversation_id: int) -> Elsewhere | None:
    """The queue in which several decide about a conversation, this user among them, without seeing each other.

    A decision on the conversation's page would take it from the others. Curators are only warned.
    """
    queues = Queue.objects.live()
    items = _undecided(user, queues if user.may_curate() else queues.open_to(user), [conversation_id])
    if not items:
        return None
    queue = min(items, key=lambda item: item.pk).queue
    words = (
        f"It is in the queue “{queue.name}”, where {queue.overlap} reviewers decide without seeing each other."
        " Decide there."
    )
    return Elsewhere(words, reverse("review:screen", args=[queue.pk]), refuses=not user.may_curate())


def _open_blind(queues: QueueQuerySet, conversation_ids: Iterable[int]) -> list[QueueItem]:
    """The open items, with their queues, in which several decide."""
    blind = queues.filter(overlap__gt=1, kind=Queue.Kind.REVIEW).values("pk")
    items = QueueItem.objects.filter(
        conversation__in=conversation_ids, state=QueueItem.State.OPEN, queue__in=blind
    ).select_related("queue")
    return list(items)


def _undecided(user: User, queues: QueueQuerySet, conversation_ids: Iterable[int]) -> list[QueueItem]:
    """Those of them in which this user has not decided."""
    items = _open_blind(queues, conversation_ids)
    decided = set(Verdict.objects.standing().filter(item__in=items, reviewer=user).values_list("item", flat=True))
    return [item for item in items if item.pk not in decided]


register_elsewhere(decided_in_queue)
register_hiding(lambda user, pk: hidden_since(user, [pk]).get(pk))
