"""Plots as small SVGs: their colours come from the tokens, their numbers stand beside them as text."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

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


@register.simple_tag(name="whisker")
def draw_whisker(
    words: str,
    value: float | None,
    *interval: float | str | None,
    **scale: float,
) -> SafeString:
    """`{% whisker "61 %" value low high reference=overall %}`: a point with its interval on a scale.

    `words` is what it says to who cannot see it; its numbers stand beside it. A template gives "" for the ends of an
    interval that is not there. Without a template: a page has many.
    """
    low, high = (None if isinstance(end, str) else end for end in interval)
    placed = whisker(value, low, high, **scale)
    parts = ['<rect class="whisker-scale" x="0" y="5.5" width="100" height="1"></rect>']
    if placed.reference is not None:
        parts.append(f'<rect class="whisker-reference" x="{placed.reference}" y="0" width="0.6" height="12"></rect>')
    if placed.width:
        parts.append(f'<rect class="whisker-range" x="{placed.low}" y="4" width="{placed.width}" height="4"></rect>')
    if placed.value is not None:
        parts.append(f'<rect class="whisker-value" x="{placed.value - 0.7:.2f}" y="1.5" width="1.4" height="9"></rect>')
    return format_html(
        '<svg class="whisker" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        words,
        mark_safe("".join(parts)),  # noqa: S308  (nothing but numbers)
    )


@register.inclusion_tag("partials/histogram.html", name="histogram")
def draw_histogram(bins: Sequence[tuple[int, int | None, int]], title: str, unit: str = "") -> dict[str, Any]:
    """`{% histogram bins "Tokens of an answer" "tokens" %}`: columns, the ends of the scale, and a table to open."""
    return {"columns": columns(bins), "title": title, "unit": unit, "first": bins[0] if bins else None}


@register.inclusion_tag("partials/paired_bars.html")
def paired_bars(first: int, second: int, most: int, words: str) -> dict[str, Any]:
    """`{% paired_bars expected answered most "10 and 12" %}`: two bars, `most` is the longest."""
    lengths = [round(100 * count / most, 2) if most else 0 for count in (first, second)]
    return {"first": lengths[0], "second": lengths[1], "description": words}
