"""Outcomes and scores as people read them."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webapp.evals import panels
from webapp.evals.items import OUTCOME_WORDS, WAITING, ItemFilter
from webapp.evals.models import EvalResult

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
def outcome_word(outcome: str) -> str:
    return OUTCOME_WORDS[outcome or WAITING]


@register.filter
def promille(share: float) -> int:
    """For bars: their values are written without a decimal point, which a locale could change."""
    return round(1000 * share)


@register.filter
def quoted(result: EvalResult) -> str:
    """How an answer begins."""
    return panels.quoted(result)


@register.filter
def why(result: EvalResult) -> str:
    """Why a question has no score, or why a program did not pass; empty for all others."""
    return panels.why(result)


@register.filter
def kind_of(result: EvalResult) -> str:
    """Why there is no answer, or why a program did not pass; empty for most results."""
    return ItemFilter(outcome=result.outcome).words_of("kind", result.kind) if result.kind else ""
