"""What was done in the queues, by whom and how fast: added up from verdicts, a day at a time.

Active time: from one decision of a reviewer to their next of the same day. After a gap of more than five minutes, and
for the first of a day, it is the time that the item was on the screen instead (at most five minutes, 0 where the
browser did not tell). Decisions that were taken back are not counted as done; the time that they took is.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from webapp.conversations.models import Decision, Status
from webapp.review.models import Verdict

LONGEST_GAP = 300.0


@dataclass
class Work:
    """`times` is how often an item took so many seconds, rounded to halves, from ten on to two digits."""

    done: int = 0
    active: float = 0.0
    times: Counter[float] = field(default_factory=Counter)

    def add(self, other: Self) -> None:
        self.done += other.done
        self.active += other.active
        self.times.update(other.times)

    def pace(self) -> float | None:
        """Decisions an hour of active time; None where there is no time to go by."""
        return 3600 * self.done / self.active if self.done and self.active else None

    def seconds_each(self) -> float | None:
        """Active time for each decision."""
        return self.active / self.done if self.done and self.active else None

    def median(self) -> float | None:
        return self._at(0.5)

    def p90(self) -> float | None:
        """Nine of ten items took at most so many seconds."""
        return self._at(0.9)

    def _at(self, share: float) -> float | None:
        """The smallest time that at least this share of the items did not exceed."""
        passed, wanted = 0, share * self.times.total()
        for seconds in sorted(self.times):
            passed += self.times[seconds]
            if passed >= wanted:
                return seconds
        return None

    def to_list(self) -> list[Any]:
        return [self.done, round(self.active, 1), {str(seconds): count for seconds, count in self.times.items()}]

    @classmethod
    def from_list(cls, stored: list[Any]) -> Self:
        done, active, times = stored
        return cls(done, active, Counter({float(seconds): count for seconds, count in times.items()}))


def rounded(seconds: float) -> float:
    """Fine enough to read, and few different values: an eight-hour day has a hundred, not two thousand."""
    return round(2 * seconds) / 2 if seconds < 10 else float(f"{seconds:.2g}")


Works = defaultdict[int, Work]


@dataclass
class DayWork:
    """The work of a day, or of several: by reviewer, by queue, by source; and the decisions outside of queues."""

    reviewers: Works = field(default_factory=lambda: defaultdict(Work))
    queues: Works = field(default_factory=lambda: defaultdict(Work))
    sources: Works = field(default_factory=lambda: defaultdict(Work))
    single: int = 0
    bulk: int = 0

    def total(self) -> Work:
        """Of all reviewers together."""
        found = Work()
        for work in self.reviewers.values():
            found.add(work)
        return found

    @property
    def done(self) -> int:
        return sum(work.done for work in self.reviewers.values())

    def add(self, other: Self) -> None:
        for mine, theirs in zip(self._parts(), other._parts(), strict=True):
            for number, work in theirs.items():
                mine[number].add(work)
        self.single += other.single
        self.bulk += other.bulk

    def _parts(self) -> tuple[Works, Works, Works]:
        return self.reviewers, self.queues, self.sources

    def to_dict(self) -> dict[str, Any]:
        parts = [{str(number): work.to_list() for number, work in part.items()} for part in self._parts()]
        return {"parts": parts, "single": self.single, "bulk": self.bulk}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        found = cls(single=stored["single"], bulk=stored["bulk"])
        for part, kept in zip(found._parts(), stored["parts"], strict=True):
            part.update({int(number): Work.from_list(work) for number, work in kept.items()})
        return found


def bounds(day: date) -> tuple[datetime, datetime]:
    """Its two midnights, by the time zone of the settings."""
    start, end = (timezone.make_aware(datetime.combine(one, time())) for one in (day, day + timedelta(days=1)))
    return start, end


def today() -> date:
    return timezone.localdate()


def work_of(day: date) -> DayWork:
    """The work of one day, from its verdicts and decisions."""
    start, end = bounds(day)
    found = DayWork()
    last: dict[int, datetime] = {}
    verdicts = Verdict.objects.filter(created_at__gte=start, created_at__lt=end).order_by("created_at", "pk")
    columns = ("reviewer_id", "queue_id", "source_id", "seconds", "created_at", "withdrawn_at")
    for reviewer, queue, source, seconds, moment, withdrawn in verdicts.values_list(*columns):
        active = _active(last.get(reviewer), moment, seconds)
        last[reviewer] = moment
        standing = withdrawn is None
        took = rounded(seconds) if standing and seconds is not None else None
        for work in (found.reviewers[reviewer], found.queues[queue], found.sources[source]):
            work.active += active
            work.done += standing
            if took is not None:
                work.times[took] += 1
    found.single, found.bulk = _outside(start, end)
    return found


def _active(last: datetime | None, moment: datetime, seconds: float | None) -> float:
    gap = (moment - last).total_seconds() if last else None
    if gap is not None and gap <= LONGEST_GAP:
        return gap
    return min(seconds or 0.0, LONGEST_GAP)


def _outside(start: datetime, end: datetime) -> tuple[int, int]:
    """How many decisions were made on pages of conversations, and how many in bulk; none that were taken back."""
    decisions = Decision.objects.filter(created_at__gte=start, created_at__lt=end).exclude(status=Status.UNREVIEWED)
    counts = decisions.aggregate(all=Count("pk"), bulk=Count("pk", filter=Q(job__isnull=False)))
    verdicts = Verdict.objects.filter(
        conversation=OuterRef("conversation"), reviewer=OuterRef("created_by"), version=OuterRef("version")
    )
    # Bulk changes may be many, so that they are not looked at one by one.
    single = decisions.filter(job=None).exclude(Exists(verdicts)).count() if counts["all"] > counts["bulk"] else 0
    return single, counts["bulk"]
