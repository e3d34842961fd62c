"""Conversations by status, as the shares of a bar."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse

from webapp.common.plots import Share
from webapp.conversations.models import Status

ORDER = (Status.APPROVED, Status.UNREVIEWED, Status.SKIPPED, Status.REJECTED)


def status_shares(counts: Mapping[int, int], *, source: int | None = None) -> list[Share]:
    """`counts` by status; each share links to the list behind it, of one source or of all."""
    extra = {"source": source} if source else {}
    address = reverse("conversations:list")
    return [
        Share(status.label, counts.get(status, 0), status.label, f"{address}?{urlencode(extra | {'status': status.label})}")
        for status in ORDER
    ]
