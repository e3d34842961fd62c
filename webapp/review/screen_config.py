"""What the review screen is told when it is opened: addresses, keys, reasons, numbers. Its items come by themselves."""

from typing import Any

from django.urls import reverse

from webapp.accounts.models import User
from webapp.conversations.content.checking import ISSUES
from webapp.conversations.models import FlagReason
from webapp.review.conflicts import waiting_steps
from webapp.review.keys import help_groups, keys_of, show_key
from webapp.review.models import Queue

#: The first reasons have the number keys.
NUMBERED = 9


def screen_context(queue: Queue, user: User) -> dict[str, Any]:
    """For the template review/screen.html."""
    keys = keys_of(user)
    reasons = list(FlagReason.objects.filter(active=True))
    return {
        "queue": queue,
        "config": _config(queue, keys, reasons),
        "keys": {name: show_key(key) for name, key in keys.items()},
        "help_groups": help_groups(keys),
        "reasons": reasons,
        "numbered": reasons[:NUMBERED],
        "conflicts": waiting_steps(user).count(),
    }


def _config(queue: Queue, keys: dict[str, str], reasons: list[FlagReason]) -> dict[str, Any]:
    return {
        "queue": queue.pk,
        "name": queue.name,
        "blind": queue.is_blind(),
        "search": str(queue.filter.get("q") or "") if isinstance(queue.filter, dict) else "",
        "keys": keys,
        "reasons": [{"slug": reason.slug, "label": reason.label} for reason in reasons],
        "issues": ISSUES,
        "progress": {"done": queue.done, "total": queue.total, "left": queue.left},
        "addresses": {
            "items": reverse("review:items", args=[queue.pk]),
            "leave": reverse("review:leave", args=[queue.pk]),
            "item": reverse("review:item", args=[0]),
            "messages": reverse("review:messages", args=[0]),
            "steps": reverse("review:steps"),
            "drafts": reverse("review:drafts"),
            "draft": reverse("review:draft", args=[0]),
            "since": reverse("review:draft_since", args=[0]),
            "answers": reverse("review:answers", args=[0]),
            "run": reverse("review:run"),
        },
    }
