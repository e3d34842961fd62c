"""What the frame of every page shows: the running jobs and whether a worker is there to run them."""

from typing import Any

from django.http import HttpRequest

from webapp.common.heartbeat import worker_is_silent
from webapp.common.models import Job


def frame(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unfinished_jobs": list(Job.objects.unfinished()[:20]), "worker_is_silent": worker_is_silent()}
