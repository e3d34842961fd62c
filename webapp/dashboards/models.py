"""What was done on a day in the queues, summed up once the day is over: a page of weeks need not read every row."""

from django.db import models
from django.utils import timezone


class DaySummary(models.Model):
    """The numbers of one day (webapp/dashboards/work.py, `Work.to_dict`). Made again where a decision is taken back."""

    day = models.DateField()
    # Where it was midnight; another setting of the time zone has other days.
    zone = models.CharField(max_length=60)
    numbers = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["zone", "day"], name="day_summary_once"),)

    def __str__(self) -> str:
        return f"{self.day} in {self.zone}"
