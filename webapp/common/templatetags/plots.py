"""Plots as small SVGs: their colours come from the tokens, their numbers stand beside them as text."""

from collections.abc import Sequence
from typing import Any

from django import template

from webapp.common.plots import Share, segments
from webapp.common.templatetags.winnow import number

register = template.Library()


@register.inclusion_tag("partials/bar.html")
def bar(shares: Sequence[Share], title: str = "", *, legend: bool = True, tall: bool = False) -> dict[str, Any]:
    """`{% bar shares "Conversations by status" legend=False %}`: a stacked bar, with each share's number below it."""
    words = ", ".join(f"{number(share.count)} {share.label}" for share in shares if share.count)
    return {
        "segments": segments(shares),
        "shares": shares,
        "description": f"{title}: {words or 'none'}" if title else words or "none",
        "legend": legend,
        "tall": tall,
    }
