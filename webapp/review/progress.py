"""How far a queue is, for its screen. No count goes over its items."""

from django.utils import timezone

from webapp.accounts.models import User
from webapp.review.models import Lease, Queue, Verdict


def progress_of(queue: Queue, reviewer: User) -> dict[str, int]:
    """`mine`: decided by this reviewer since midnight; `taken`: on the screens of others now."""
    queue.refresh_from_db(fields=["total", "done", "disagreed"])
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = Verdict.objects.standing().filter(reviewer=reviewer, created_at__gte=today, queue=queue)
    others = Lease.objects.held().filter(item__queue=queue).exclude(reviewer=reviewer)
    return {
        "done": queue.done,
        "total": queue.total,
        "left": queue.left,
        "mine": mine.count(),
        "disagreed": queue.disagreed,
        "taken": others.count(),
    }
