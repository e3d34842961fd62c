"""The audit as a file: a line for each event, sent while it is read."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from webapp.common import spreadsheets
from webapp.dashboards.audit import AuditFilter, Event, events

COLUMNS = ("when", "who", "kind", "what", "note", "about", "conversation", "address", "in_trash")


def _row(event: Event) -> tuple[Any, ...]:
    when = timezone.localtime(event.when).isoformat()
    return (
        when, event.who, event.kind, event.what, event.note, event.about, event.conversation, event.address,
        event.trashed,
    )  # fmt: skip


def csv_lines(wanted: AuditFilter) -> Iterator[str]:
    """A line with the names of the columns, then the events."""
    return spreadsheets.csv_lines(COLUMNS, map(_row, events(wanted)))


def jsonl_lines(wanted: AuditFilter) -> Iterator[str]:
    """One object a line."""
    for event in events(wanted):
        yield json.dumps(dict(zip(COLUMNS, _row(event), strict=True)), ensure_ascii=False) + "\n"
