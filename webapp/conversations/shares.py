"""Conversations by status, as the shares of a bar."""

from collections.abc import Mapping

from django.urls import reverse

from webapp.common.plots import Share
from webapp.conversations.models import Status

ORDER = (Status.APPROVED, Status.UNREVIEWED, Status.SKIPPED, Status.REJECTED)


def status_shares(counts: Mapping[int, int], *, source: int | None = None) -> list[Share]:
    """`counts` by status; each share links to the list behind it, of one source or of all."""
    start = f"{reverse('conversations:list')}?" + (f"source={source}&" if source else "")
    return [Share(it.label, counts.get(it, 0), it.label, f"{start}status={it.label}") for it in ORDER]
