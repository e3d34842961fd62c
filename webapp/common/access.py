"""Each view says with one decorator who may open it; one middleware of accounts enforces it.

Here roles are plain words (the values of accounts' Role), so that every app can use this.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http.response import HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def role_required(role: str, *, to_change: str | None = None) -> Callable[[View], View]:
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
