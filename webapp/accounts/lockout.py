"""What somebody sees after too many wrong passwords."""

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from webapp.common.errors import WinnowError
from webapp.common.pages import error_page
from webapp.common.templatetags.winnow import duration


class LockedOut(WinnowError):
    status = 429
    title = "Too many wrong passwords"


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """Called by django-axes in place of the log-in page's own answer."""
    username = str((credentials or {}).get("username") or request.POST.get("username", ""))[:150]
    seconds = seconds_to_wait(username)
    text = (
        f"Logging in as {username} is locked from here for {duration(seconds)}. "
        "Wait, or ask an administrator for a new-password link, which works at once."
    )
    page = error_page(request, LockedOut(text))
    page["Retry-After"] = str(seconds)
    return page


def seconds_to_wait(username: str) -> int:
    """Until the failures of this name are forgotten, rounded up to whole minutes."""
    last = AccessAttempt.objects.filter(username=username).order_by("-attempt_time").first()
    end = (last.attempt_time if last else timezone.now()) + timedelta(hours=settings.AXES_COOLOFF_TIME)
    left = max(60, (end - timezone.now()).total_seconds())
    return int(-(-left // 60) * 60)
