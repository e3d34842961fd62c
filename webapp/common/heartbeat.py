"""When a worker was last seen."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from webapp.common.models import Heartbeat


def record_worker_seen() -> None:
    """Note, in database time, that a worker is alive."""
    if not Heartbeat.objects.filter(name="worker").update(seen_at=Now()):
        Heartbeat.objects.update_or_create(name="worker", defaults={"seen_at": Now()})


def worker_is_silent() -> bool:
    """True when no worker has been seen for WORKER_SILENT_SECONDS (two beats and a little)."""
    limit = Now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)
    return not Heartbeat.objects.filter(name="worker", seen_at__gt=limit).exists()
