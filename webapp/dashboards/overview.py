"""What the home page says: what there is, what needs doing, what happened last. All from counts that are kept."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.db.models.functions import Now
from django.urls import reverse

from webapp.accounts.models import User
from webapp.common.models import Job
from webapp.common.plots import Share
from webapp.conversations import tallies
from webapp.conversations.models import Decision, FlagTally, Source, Status
from webapp.conversations.shares import status_shares
from webapp.review.conflicts import waiting_steps
from webapp.review.queues import queue_to_continue

DECISIONS_SHOWN = 8
JOBS_SHOWN = 6
FAILED_DAYS = 7


@dataclass(frozen=True)
class ToDo:
    """One thing that needs doing; `address` lists what `count` counts."""

    count: int
    words: str
    address: str


@dataclass(frozen=True)
class Reason:
    label: str
    count: int
    address: str


@dataclass(frozen=True)
class Overview:
    total: int
    shares: list[Share]
    to_do: list[ToDo]
    reasons: list[Reason]
    jobs: list[Job]
    decisions: list[Decision]


def overview(user: User) -> Overview:
    """The home page of `user`."""
    totals = tallies.totals()
    counts = {status: row["total"] for status, row in totals.items()}
    return Overview(
        total=sum(counts.values()),
        shares=status_shares(counts),
        to_do=[item for item in _to_do(user, totals) if item.count],
        reasons=_reasons(),
        jobs=list(Job.objects.select_related("created_by").order_by("-id")[:JOBS_SHOWN]),
        decisions=_decisions(),
    )


def _to_do(user: User, totals: dict[int, dict[str, int]]) -> list[ToDo]:
    conversations = reverse("conversations:list")
    unreviewed = totals.get(Status.UNREVIEWED, {}).get("total", 0)
    flagged, broken = (sum(row[name] for row in totals.values()) for name in ("flagged", "with_issue"))
    items = [
        *_own_conflicts(user),
        *_own_queue(user),
        ToDo(unreviewed, "unreviewed: approve or reject", f"{conversations}?status=unreviewed"),
        ToDo(flagged, "with an open flag: look into it", f"{conversations}?flag=any"),
        ToDo(broken, "with a format issue: mend, or leave out", f"{conversations}?issue=any"),
    ]
    if user.may_curate():
        items += [_incomplete_sources(), _failed_jobs()]
    return items


def _own_conflicts(user: User) -> list[ToDo]:
    """Steps of the reader that somebody else's change kept from being saved."""
    if not user.may_review():
        return []
    count = waiting_steps(user).count()
    words = "of your steps needs you" if count == 1 else "of your steps need you"
    return [ToDo(count, f"{words}: choose between two texts", reverse("review:conflicts"))]


def _own_queue(user: User) -> list[ToDo]:
    """The queue that the reader goes on with, where one has something left."""
    queue = queue_to_continue(user)
    if queue is None:
        return []
    words = f"left in “{queue.name}”: {'continue' if queue.done else 'begin'} your queue"
    return [ToDo(queue.left, words, f"{reverse('review:queues')}{queue.pk}/")]


def _incomplete_sources() -> ToDo:
    """Imports that ended before all was read."""
    sources = Source.objects.live().filter(state=Source.State.INCOMPLETE)
    ids = list(sources.order_by("-id").values_list("pk", flat=True)[:100])
    address = reverse("conversations:source", args=[ids[0]]) if len(ids) == 1 else reverse("conversations:sources")
    words = "import stopped before its end" if len(ids) == 1 else "imports stopped before their end"
    return ToDo(len(ids), f"{words}: continue, or take back", address)


def _failed_jobs() -> ToDo:
    failed = Job.objects.filter(state=Job.State.FAILED, created_at__gt=Now() - timedelta(days=FAILED_DAYS)).count()
    words = "job failed this week" if failed == 1 else "jobs failed this week"
    return ToDo(failed, f"{words}: see why", f"{reverse('common:jobs')}?state=failed&days={FAILED_DAYS}")


def _reasons() -> list[Reason]:
    """How many conversations have an open flag with each reason, the most first."""
    rows = FlagTally.objects.filter(source__deleted_at=None, total__gt=0).values("reason__slug", "reason__label")
    address = reverse("conversations:list")
    return [
        Reason(row["reason__label"], row["number"], f"{address}?flag={row['reason__slug']}")
        for row in rows.annotate(number=Sum("total")).order_by("-number", "reason__label")
    ]


def _decisions() -> list[Decision]:
    """The last ones, without those on what lies in the trash."""
    latest = Decision.objects.select_related("conversation__source", "created_by").order_by("-id")[
        : 4 * DECISIONS_SHOWN
    ]
    return [decision for decision in latest if decision.conversation.source.deleted_at is None][:DECISIONS_SHOWN]
