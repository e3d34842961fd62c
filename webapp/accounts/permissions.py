"""Who may open which page or do which action: each view says it with one decorator, one middleware enforces it."""

from django.http import HttpRequest

from webapp.accounts.models import User
from webapp.common.access import public, role_required

__all__ = ["UserRequest", "public", "role_required"]


class UserRequest(HttpRequest):
    """A request of somebody who is logged in (the middleware has seen to it)."""

    user: User
