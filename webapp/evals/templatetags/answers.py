"""Outcomes and scores as people read them."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webapp.evals.items import OUTCOME_WORDS, WAITING
from webapp.evals.items import kind_words as words_of_kind

register = template.Library()

#: A sign and a class of badges (marks.css) for each outcome: the colour never stands alone.
MARKS = {
    "right": ("✓", "good"),
    "wrong": ("✕", "bad"),
    "no_answer": ("∅", "warn"),
    "cut_off": ("⇥", "warn"),
    "error": ("!", "info"),
    WAITING: ("○", ""),
}


@register.filter
def outcome_badge(outcome: str) -> SafeString:
    """An outcome as sign and word; empty for a question that has none yet."""
    sign, kind = MARKS[outcome or WAITING]
    return format_html('<span class="badge {}">{} {}</span>', kind, sign, OUTCOME_WORDS[outcome or WAITING])


@register.filter
def outcome_sign(outcome: str) -> str:
    return MARKS[outcome or WAITING][0]


@register.filter
def percent(value: float | None) -> str:
    """61.34 -> "61.3 %"; a dash where there is none."""
    return "–" if value is None else f"{value:.1f} %"


@register.filter
def kind_words(kind: str) -> str:
    return words_of_kind(kind)
