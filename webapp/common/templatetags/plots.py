"""Plots as small SVGs: their colours come from the tokens, their numbers stand beside them as text."""

from collections.abc import Sequence
from typing import Any

from django import template

from webapp.common.plots import Share, columns, segments, whisker
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


@register.inclusion_tag("partials/whisker.html", name="whisker")
def draw_whisker(
    words: str,
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    start: float = 0.0,
    end: float = 1.0,
    reference: float | None = None,
) -> dict[str, Any]:
    """`{% whisker "61 %" value low high reference=overall %}`: a point with its interval on a scale.

    `words` is what it says to who cannot see it; its numbers stand beside it.
    """
    placed = whisker(value, low, high, start=start, end=end, reference=reference)
    return {"plot": placed, "description": words}


@register.inclusion_tag("partials/histogram.html", name="histogram")
def draw_histogram(bins: Sequence[tuple[int, int | None, int]], title: str, unit: str = "") -> dict[str, Any]:
    """`{% histogram bins "Tokens of an answer" "tokens" %}`: columns, the ends of the scale, and a table to open."""
    return {"columns": columns(bins), "title": title, "unit": unit, "first": bins[0] if bins else None}


@register.inclusion_tag("partials/paired_bars.html")
def paired_bars(first: int, second: int, most: int, words: str) -> dict[str, Any]:
    """`{% paired_bars expected answered most "10 and 12" %}`: two bars, `most` is the longest."""
    lengths = [round(100 * count / most, 2) if most else 0 for count in (first, second)]
    return {"first": lengths[0], "second": lengths[1], "description": words}
