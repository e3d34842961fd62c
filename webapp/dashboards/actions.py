"""Keeping the sums of days."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from webapp.dashboards.models import DaySummary
from webapp.dashboards.summaries import days_without_summary, outdated_days, zone
from webapp.dashboards.work import work_of

#: So many at once: each takes a few hundredths of a second.
AT_ONCE = 40
#: What is taken back while the sums are made is looked at again.
MARGIN = timedelta(minutes=1)


@transaction.atomic
def summarise_days() -> int:
    """Sum up days that are over, and again those with a decision that was taken back since. Returns how many."""
    made_at = timezone.now() - MARGIN
    DaySummary.objects.filter(zone=zone(), day__in=outdated_days()).delete()
    days = days_without_summary()[:AT_ONCE]
    rows = [DaySummary(day=day, zone=zone(), numbers=work_of(day).to_dict(), made_at=made_at) for day in days]
    DaySummary.objects.bulk_create(rows, ignore_conflicts=True)
    return len(days)
