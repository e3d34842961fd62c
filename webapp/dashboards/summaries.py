"""The work of many days: kept summaries of those that are over, and the rest added up on the spot."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Max
from django.utils import timezone

from webapp.conversations.models import Decision
from webapp.dashboards.models import DaySummary
from webapp.dashboards.work import DayWork, bounds, today, work_of
from webapp.review.models import Verdict

#: So long after its end a day may still get a row of a transaction that was open at midnight.
SETTLED = timedelta(minutes=10)


def zone() -> str:
    return timezone.get_current_timezone_name()


def work_by_day(first: date, last: date) -> dict[date, DayWork]:
    """Every day from `first` to `last` on which anything was done."""
    begin = first_day()
    if begin is None:
        return {}
    kept = DaySummary.objects.filter(zone=zone(), day__range=(first, last))
    outdated = outdated_days()
    found = {one.day: DayWork.from_dict(one.numbers) for one in kept if one.day not in outdated}
    for day in days_of(max(first, begin), min(last, today())):
        if day not in found:
            found[day] = work_of(day)
    return found


def days_of(first: date, last: date) -> Iterable[date]:
    """All of them, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def first_day() -> date | None:
    """On which anything was decided for the first time; None where nothing was."""
    firsts = (
        rows.order_by("created_at").values_list("created_at", flat=True).first()
        for rows in (Verdict.objects, Decision.objects)
    )
    found = [timezone.localdate(moment) for moment in firsts if moment]
    return min(found, default=None)


def outdated_days() -> set[date]:
    """Days with a decision that was taken back after the last summary was made. Earlier ones were seen to then."""
    newest = DaySummary.objects.filter(zone=zone()).aggregate(newest=Max("made_at"))["newest"]
    if newest is None:
        return set()
    withdrawn = Verdict.objects.filter(withdrawn_at__isnull=False, withdrawn_at__gt=newest)
    return {timezone.localdate(moment) for moment in withdrawn.values_list("created_at", flat=True)}


def days_without_summary() -> list[date]:
    """Those that are over and have none, the newest first."""
    begin = first_day()
    if begin is None:
        return []
    kept = set(DaySummary.objects.filter(zone=zone()).values_list("day", flat=True))
    over = timezone.now() - SETTLED
    return [day for day in reversed(list(days_of(begin, today()))) if day not in kept and bounds(day)[1] <= over]
