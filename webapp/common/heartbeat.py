"""When a worker was last seen, and when something was last done, in database time."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from webapp.common.models import Heartbeat


def record_worker_seen() -> None:
    """Note that a worker is alive."""
    if not Heartbeat.objects.filter(name="worker").update(seen_at=Now()):
        Heartbeat.objects.update_or_create(name="worker", defaults={"seen_at": Now()})


def take_turn(name: str, *, seconds: float) -> bool:
    """True when `name` was not done within the last `seconds`; then it counts as done now, for one caller only."""
    limit = Now() - timedelta(seconds=seconds)
    if Heartbeat.objects.filter(name=name, seen_at__lte=limit).update(seen_at=Now()):
        return True
    _, created = Heartbeat.objects.get_or_create(name=name, defaults={"seen_at": Now()})
    return created


def worker_is_silent() -> bool:
    """True when no worker has been seen for WORKER_SILENT_SECONDS (two beats and a little)."""
    limit = Now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    return not Heartbeat.objects.filter(name="worker", seen_at__gt=limit).exists()
