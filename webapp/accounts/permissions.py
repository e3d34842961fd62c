"""Who may open which page or do which action: each view says it with one decorator, one middleware enforces it."""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from webapp.accounts.models import Role, User

View = Callable[..., HttpResponse]


class UserRequest(HttpRequest):
    """A request of somebody who is logged in (the middleware has seen to it)."""

    user: User


def role_required(role: Role, *, to_change: Role | None = None) -> Callable[[View], View]:
    """The lowest role that may open this view; `to_change` the lowest that may send it a POST (default: the same)."""

    def mark(view: View) -> View:
        marked = cast(Any, view)
        marked.required_role = role
        marked.required_role_to_change = to_change or role
        return view

    return mark


def public(view: View) -> View:
    """Open to everybody, logged in or not."""
    cast(Any, view).is_public = True
    return view
