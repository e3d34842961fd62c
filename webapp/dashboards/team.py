"""The team's page: what was done today, this week and in a chosen time, how fast, and how long the rest will take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.urls import reverse

from webapp.accounts.models import User
from webapp.common.plots import Column, columns
from webapp.common.templatetags.winnow import duration
from webapp.conversations.models import Source
from webapp.dashboards.fields import day_field
from webapp.dashboards.summaries import days_of, work_by_day
from webapp.dashboards.work import DayWork, Work, Works, today
from webapp.review.models import Queue
from webapp.review.queues import queues_for_user

#: The times that are one click away, in days.
SPANS = (7, 30, 90)
DAYS_AT_FIRST = 30
MOST_DAYS = 366


class RangeForm(forms.Form):
    """From which day to which; the last thirty where nothing is said."""

    first = day_field("From")
    last = day_field("To")

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Days the right way round, and not too many."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        last = cleaned["last"] = cleaned["last"] or today()
        first = cleaned["first"] = cleaned["first"] or last - timedelta(days=DAYS_AT_FIRST - 1)
        if first > last:
            self.add_error("last", "This day lies before the first one.")
        elif (last - first).days >= MOST_DAYS:
            self.add_error("first", f"At most {MOST_DAYS} days at once.")
        return cleaned


@dataclass(frozen=True)
class Line:
    """One reviewer, queue or source."""

    label: str
    address: str
    work: Work
    trashed: bool = False


@dataclass(frozen=True)
class Left:
    """What is left of a queue. `seconds_each` of active time for a decision; None: nothing to go by.

    `address` leads to its screen; empty where the reader may not review there.
    """

    queue: Queue
    seconds_each: float | None
    address: str = ""

    @property
    def decisions(self) -> int:
        """As many as are left to make: an item that several review needs one of each."""
        return self.queue.left * self.queue.overlap

    @property
    def seconds(self) -> float | None:
        return None if self.seconds_each is None else self.decisions * self.seconds_each

    def words(self) -> str:
        """312 left · about 1 h 20 min of work at 14 s each."""
        shared = f", by {self.queue.overlap} reviewers each" if self.queue.overlap > 1 else ""
        if self.seconds is None or self.seconds_each is None:
            return f"{self.queue.left:,} left{shared} · no pace yet"
        each = f"{self.seconds_each:.0f} s" if self.seconds_each < 60 else duration(self.seconds_each)
        return f"{self.queue.left:,} left{shared} · about {about(self.seconds)} of work at {each} each"


def about(seconds: float) -> str:
    """Without seconds, once there are minutes: nobody can say so exactly."""
    return duration(round(seconds / 60) * 60).removesuffix(" 0 s") if seconds >= 60 else "1 min"


@dataclass(frozen=True)
class Team:
    today: int
    week: int
    chosen: Work
    outside: DayWork
    left: list[Left]
    days: list[tuple[date, int]]
    plot: list[Column]
    reviewers: list[Line]
    queues: list[Line]
    sources: list[Line]

    @property
    def time_left(self) -> str:
        """For all queues together, in words; empty while there is no pace."""
        known = [one.seconds for one in self.left if one.seconds is not None]
        return about(sum(known)) if known and len(known) == len(self.left) else ""

    @property
    def plotted(self) -> Sequence[tuple[date, int, Column]]:
        return [(day, count, column) for (day, count), column in zip(self.days, self.plot, strict=True)]


def team(first: date, last: date, user: User) -> Team:
    """The page for `user`, with the days from `first` to `last` as the chosen time."""
    now = today()
    week = now - timedelta(days=6)
    by_day = work_by_day(min(first, week), max(last, now))
    chosen = _sum(by_day, first, last)
    screens = _screens(user)
    counts = [(day, by_day[day].done if day in by_day else 0) for day in days_of(first, last)]
    return Team(
        today=by_day[now].done if now in by_day else 0,
        week=sum(work.done for day, work in by_day.items() if week <= day <= now),
        chosen=chosen.total(),
        outside=chosen,
        left=_left(chosen, screens),
        days=counts,
        plot=columns([(index, None, count) for index, (_, count) in enumerate(counts)]),
        reviewers=_reviewers(chosen.reviewers, user),
        queues=_queues(chosen.queues, screens),
        sources=_sources(chosen.sources),
    )


def _sum(by_day: Mapping[date, DayWork], first: date, last: date) -> DayWork:
    found = DayWork()
    for day, work in by_day.items():
        if first <= day <= last:
            found.add(work)
    return found


def _screens(user: User) -> dict[int, str]:
    """Where the reader can review, by queue."""
    queues = queues_for_user(user).live().values_list("pk", flat=True)
    return {number: reverse("review:screen", args=[number]) for number in queues}


def _left(chosen: DayWork, screens: Mapping[int, str]) -> list[Left]:
    """Each queue at its own pace, or at that of all where nobody has begun; the longest first."""
    usual = chosen.total().seconds_each()
    waiting = [queue for queue in Queue.objects.live().order_by("name") if queue.left]
    lines = [
        Left(queue, chosen.queues.get(queue.pk, Work()).seconds_each() or usual, screens.get(queue.pk, ""))
        for queue in waiting
    ]
    return sorted(lines, key=lambda one: -one.decisions)


def _sorted(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.work.done, line.label))


def _reviewers(works: Works, user: User) -> list[Line]:
    people = User.objects.in_bulk(works)
    audit = reverse("dashboards:audit")

    def address(number: int) -> str:
        return f"{audit}?person={number}" if user.may_curate() or number == user.pk else ""

    return _sorted([Line(str(people[number]), address(number), work) for number, work in works.items()])


def _queues(works: Works, screens: Mapping[int, str]) -> list[Line]:
    """Without those that were deleted since."""
    queues = Queue.objects.in_bulk(works)
    return _sorted(
        [Line(queues[number].name, screens.get(number, ""), work) for number, work in works.items() if number in queues]
    )


def _sources(works: Works) -> list[Line]:
    sources = Source.objects.in_bulk(works)
    lines = []
    for number, work in works.items():
        if source := sources.get(number):
            page, trash = reverse("conversations:source", args=[number]), reverse("conversations:trash")
            trashed = source.deleted_at is not None
            lines.append(Line(source.name, trash if trashed else page, work, trashed))
    return _sorted(lines)
