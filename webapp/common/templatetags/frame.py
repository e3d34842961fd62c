"""The navigation of the frame."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

register = template.Library()

NAVIGATION = (
    ("Home", "dashboards:home"),
    ("Sources", "conversations:sources"),
    ("Conversations", "conversations:list"),
    ("Review", "review:queues"),
    ("Evaluate", "evals:runs"),
    ("Mixtures", "mixtures:list"),
)


@dataclass(frozen=True)
class NavItem:
    title: str
    address: str
    current: bool


@register.simple_tag(takes_context=True)
def nav_items(context: dict[str, Any]) -> list[NavItem]:
    """The pages of the main navigation; the one that the reader is on, or below, is marked."""
    path = context["request"].path
    pages = [(title, reverse(name)) for title, name in NAVIGATION]
    return [NavItem(title, page, path == page if page == "/" else path.startswith(page)) for title, page in pages]
