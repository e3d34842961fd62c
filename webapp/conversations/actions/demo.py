"""Loading the demo data: real conversations with planted faults, some of them flagged and decided already."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from webapp.accounts.models import User
from webapp.conversations.actions.review import decide, flag_conversation
from webapp.conversations.content.records import record_of
from webapp.conversations.models import Conversation, FlagReason, Source, Status
from webapp.conversations.naming import create_source
from webapp.conversations.storing import store_records

DEMO_FILE = Path(__file__).resolve().parent.parent / "demo" / "demo.jsonl"
DECISIONS = {"approved": Status.APPROVED, "rejected": Status.REJECTED}

Row = dict[str, Any]


def demo_rows() -> list[Row]:
    """The lines of the file; what they hold is written in the README beside it."""
    return [json.loads(line) for line in DEMO_FILE.read_text(encoding="utf-8").split("\n") if line]


@transaction.atomic
def load_demo(*, by: User | None) -> Source | None:
    """Store the demo data as a source; None when it is there already, in the trash or not."""
    if Source.objects.filter(kind=Source.Kind.DEMO).exists():
        return None
    rows = demo_rows()
    source = create_source(
        name="Demo data", kind=Source.Kind.DEMO, state=Source.State.READY, file_name=DEMO_FILE.name, created_by=by
    )
    records = [record_of({"title": row["title"], "messages": row["messages"]}) for row in rows]
    store_records(source, records, first_position=0)
    reasons = {reason.slug: reason for reason in FlagReason.objects.filter(active=True)}
    conversations = Conversation.objects.filter(source=source).order_by("position")
    for conversation, row in zip(conversations, rows, strict=True):
        _flag_and_decide(conversation, row, reasons, by)
    return source


def _flag_and_decide(conversation: Conversation, row: Row, reasons: dict[str, FlagReason], by: User | None) -> None:
    planted = row["planted"]
    # The team may have retired a reason of the starting taxonomy.
    reason = reasons.get(planted["reason"]) if row["flagged"] else None
    if reason:
        flag_conversation(
            conversation_id=conversation.pk, reason=reason, by=by, turn=planted["turn"], note=planted["note"]
        )
    if row["decision"]:
        status = DECISIONS[row["decision"]]
        decide(conversation_id=conversation.pk, version=conversation.version, status=status, by=by)
