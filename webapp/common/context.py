"""What the frame of every page shows: the theme, the running jobs, and whether a worker is there to run them."""

from typing import Any

from django.http import HttpRequest

from webapp.common.heartbeat import worker_is_silent
from webapp.common.models import Job
from webapp.common.pages import remembered_theme


def frame(request: HttpRequest) -> dict[str, Any]:
    context: dict[str, Any] = {"theme": remembered_theme(request)}
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context |= jobs_of_frame()
    return context


def jobs_of_frame() -> dict[str, Any]:
    """The jobs menu and the banner."""
    return {"unfinished_jobs": list(Job.objects.unfinished().shown()[:20]), "worker_is_silent": worker_is_silent()}
