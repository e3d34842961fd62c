"""Jobs: long work that shows progress, can be cancelled, and goes on after a crash."""

import json
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone


class Heartbeat(models.Model):
    """When a kind of process was last seen, in database time."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by("-id")

    def shown(self) -> Self:
        """Without those that only help another job, whose progress is the one to show."""
        return self.filter(helps=False)

    def due(self) -> Self:
        """Queued, and not asked to wait any longer."""
        return self.filter(Q(wait_until=None) | Q(wait_until__lt=Now()), state=Job.State.QUEUED)

    def claimable(self) -> Self:
        """Queued and due, or running under a lease that ran out (by the database's clock)."""
        waits = Q(state=Job.State.QUEUED, wait_until__gte=Now())
        return self.filter(Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=Now())).exclude(waits)

    def abandoned(self) -> Self:
        return self.filter(state=Job.State.RUNNING, lease_until__lt=Now())

    def unpublished(self) -> Self:
        """Queued, but no message about it was sent lately: the broker lost it, or was not there."""
        limit = Now() - timedelta(seconds=settings.REPUBLISH_SECONDS)
        return self.due().filter(Q(published_at=None) | Q(published_at__lt=limit))


class Job(models.Model):
    """One long piece of work. The row is the truth; a Celery message only says "have a look at job N"."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    kind = models.CharField(max_length=40)
    # It only helps another job, whose progress is the one to show.
    helps = models.BooleanField(default=False)
    title = models.CharField(max_length=300)
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    # Progress. `unit` is the plural noun of what is counted: "lines", "conversations".
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=40, default="conversations")
    step = models.CharField(max_length=120, default="")
    seconds_worked = models.FloatField(default=0)
    # Where the work stands; written in the transaction of the rows it speaks of.
    cursor = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(default="")
    # It failed for good: going on would only fail again.
    final = models.BooleanField(default=False)
    # Kills in a row without progress; the third one ends the job.
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, default="")
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    published_at = models.DateTimeField(null=True)
    # Queued, but not to be worked on before: what it needs has asked it to wait.
    wait_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["state", "id"]),
            models.Index(fields=["kind", "id"]),
            models.Index(fields=["created_at"], name="job_created"),
        )

    def __str__(self) -> str:
        return self.title

    def is_finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    def may_continue(self) -> bool:
        return self.state in {self.State.FAILED, self.State.CANCELLED} and not self.final

    def percent(self) -> float | None:
        """0 to 100, or None while the total is unknown."""
        if self.state == self.State.DONE:
            return 100.0
        return min(100.0, 100 * self.done / self.total) if self.total else None

    def rate(self) -> float | None:
        """Units a second, over the time that workers spent on it."""
        return self.done / self.seconds_worked if self.seconds_worked > 0.5 and self.done else None

    def seconds_left(self) -> float | None:
        rate = self.rate()
        if rate is None or not self.total or self.is_finished():
            return None
        return max(0, self.total - self.done) / rate

    def as_dict(self) -> dict[str, Any]:
        """For `--json` and for tests: plain values only."""
        fields = (
            "id",
            "kind",
            "title",
            "state",
            "done",
            "total",
            "unit",
            "seconds_worked",
            "result",
            "error",
            "attempts",
        )
        plain: dict[str, Any] = json.loads(json.dumps({name: getattr(self, name) for name in fields}))
        return plain


def advance(**changes: int) -> dict[str, Any]:
    """F-expressions that add to columns: `advance(total=1)` is `{"total": F("total") + 1}`."""
    return {name: F(name) + change for name, change in changes.items()}
