"""Filters for numbers, times and sizes, as people read them."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def number(value: float | None) -> str:
    """12408 -> "12,408"; None -> a dash."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """A relative time with the exact one on hover."""
    if moment is None:
        return "–"
    exact = timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")
    words = relative(moment)
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


def relative(moment: datetime) -> str:
    seconds = int((timezone.now() - moment).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


@register.filter
def duration(seconds: float | None) -> str:
    """75.2 -> "1 min 15 s"."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@register.filter
def size(count: float | None) -> str:
    """Bytes in the unit that fits: 2511848 -> "2.5 MB"."""
    if count is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000 or unit == "GB":
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1000
    return ""


@register.filter
def plural(count: int | None, words: str) -> str:
    """`{{ 3|plural:"turn,turns" }}` -> "3 turns"."""
    one, many = words.split(",")
    return f"{number(count)} {one if count == 1 else many}"


@register.filter
def percent(share: float | None) -> str:
    """0.6134 -> "61.3 %"; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %"


@register.filter
def points(difference: float | None) -> str:
    """A difference of shares in percentage points, with its sign: -0.0312 -> "−3.1"."""
    if difference is None:
        return "–"
    rounded = round(100 * difference, 1)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded):.1f}"
