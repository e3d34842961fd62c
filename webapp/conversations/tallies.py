"""The counts that pages show, kept in the transaction that changes the rows they count.

So that two writers never wait for each other in a circle, everybody writes them in one order: the rows of Tally by
source and status, then those of FlagTally by source and reason.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import connection
from django.db.models import F, Sum

from webapp.conversations.models import Conversation, FlagTally, SubjectTally, Tally


def add(conversation: Conversation, *, by: int = 1) -> None:
    """Count a conversation as it stands now (`by` -1: stop counting it as it stood)."""
    add_many(
        conversation.source_id,
        conversation.status,
        total=by,
        flagged=by if conversation.open_flags else 0,
        with_issue=by if conversation.issues else 0,
        edited=by if conversation.edited else 0,
    )


def add_many(
    source_id: int, status: int, *, total: int, flagged: int = 0, with_issue: int = 0, edited: int = 0
) -> None:
    """Add to the counts of one source and status."""
    changes = {"total": total, "flagged": flagged, "with_issue": with_issue, "edited": edited}
    changes = {name: change for name, change in changes.items() if change}
    if not changes:
        return
    row, _ = Tally.objects.get_or_create(source_id=source_id, status=status)
    Tally.objects.filter(pk=row.pk).update(**{name: F(name) + change for name, change in changes.items()})


class Standing(NamedTuple):
    """What the counts know of one conversation; the last three are 0 or 1."""

    source_id: int
    status: int
    flagged: int
    with_issue: int
    edited: int


def standing(conversation: Conversation) -> Standing:
    """The conversation as it counts now."""
    return Standing(
        conversation.source_id,
        conversation.status,
        int(conversation.open_flags > 0),
        int(conversation.issues != ""),
        int(conversation.edited),
    )


def move(before: Iterable[Standing], after: Iterable[Standing]) -> None:
    """Count conversations as they stand after a change instead of before it."""
    changes: Counter[tuple[int, int, str]] = Counter()
    for rows, step in ((before, -1), (after, 1)):
        for row in rows:
            changes[row.source_id, row.status, "total"] += step
            for name in ("flagged", "with_issue", "edited"):
                changes[row.source_id, row.status, name] += step * getattr(row, name)
    _hold({source_id for source_id, _, _ in changes})
    for source_id, status in sorted({key[:2] for key in changes}):
        names = ("total", "flagged", "with_issue", "edited")
        add_many(source_id, status, **{name: changes[source_id, status, name] for name in names})


def _hold(source_ids: set[int]) -> None:
    """A transaction may move counts twice (an edit that is approved in one): it takes all rows at the first time."""
    if connection.features.has_select_for_update:
        rows = Tally.objects.select_for_update().filter(source_id__in=source_ids)
        list(rows.order_by("source_id", "status").values_list("pk"))


def move_flagged(changes: Mapping[tuple[int, int], int]) -> None:
    """Add to the counts of open flags by (source, reason)."""
    for source_id, reason_id in sorted(changes):
        if changes[source_id, reason_id]:
            add_flagged(source_id, reason_id, changes[source_id, reason_id])


def add_flagged(source_id: int, reason_id: int, change: int) -> None:
    """Add to the count of conversations of a source that have an open flag with a reason."""
    row, _ = FlagTally.objects.get_or_create(source_id=source_id, reason_id=reason_id)
    FlagTally.objects.filter(pk=row.pk).update(total=F("total") + change)


def add_subject(source_id: int, subject: str, change: int) -> None:
    row, _ = SubjectTally.objects.get_or_create(source_id=source_id, subject=subject)
    SubjectTally.objects.filter(pk=row.pk).update(total=F("total") + change)


def totals(source_ids: Iterable[int] | None = None) -> dict[int, dict[str, int]]:
    """By status: total, flagged, with_issue, edited; over the given sources, or over all that are not in the trash."""
    rows = Tally.objects.filter(source__deleted_at=None)
    if source_ids is not None:
        rows = rows.filter(source_id__in=list(source_ids))
    names = ("total", "flagged", "with_issue", "edited")
    # `values` before `annotate`: sums inside `values_list` would be grouped by every column.
    sums = {f"sum_of_{name}": Sum(name) for name in names}
    grouped = rows.values("status").annotate(**sums).values_list("status", *sums)
    return {status: dict(zip(names, counts, strict=True)) for status, *counts in grouped}
