"""What the frame of every page shows of reviews: how many comments name the reader and are unread."""

from typing import Any

from django.http import HttpRequest

from webapp.review.mentions import unread_count


def frame(request: HttpRequest) -> dict[str, Any]:
    user: Any = getattr(request, "user", None)
    return {"unread_mentions": unread_count(user)} if user is not None and user.is_authenticated else {}
