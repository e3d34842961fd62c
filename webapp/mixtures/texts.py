"""The texts of conversations as they were at a given moment, and their lines."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection

from tasks_core.lowering import Dropped, lower
from webapp.common.errors import JobFailed
from webapp.conversations.models import ConversationText, Revision
from webapp.mixtures.recipes import Lowering
from webapp.mixtures.spool import PROBLEMS

Record = tuple[Any, ...]
DROPPED_LINE = b""


def lines_of(records: Sequence[Record], lowering: Lowering, changes: Counter[str]) -> tuple[list[bytes], bytes]:
    """For each record (RECORD of spool.py) its line with a newline, and its outcome; `changes` counts the lowering."""
    texts = current_texts([record[0] for record in records])
    lines, outcomes = [], bytearray()
    for pk, _, _, _, _, _, plain, problem, digest in records:
        line, outcome = DROPPED_LINE, problem
        if not problem:
            text = texts.get(pk)
            if text is None or hashlib.sha256(text).digest() != digest:
                text = older_text(pk, digest)
            line, outcome = (text + b"\n", 0) if plain else lowered_line(text, lowering, changes)
        lines.append(line)
        outcomes.append(outcome)
    return lines, bytes(outcomes)


def lowered_line(text: bytes, lowering: Lowering, changes: Counter[str]) -> tuple[bytes, int]:
    """The line of a conversation that CustomJSON cannot hold as it is, or why it is dropped."""
    lowered = lower(orjson.loads(text), system=lowering.system, tools=lowering.tools, reasoning=lowering.reasoning)
    if isinstance(lowered, Dropped):
        return DROPPED_LINE, 1 + PROBLEMS.index(lowered.reason)
    changes.update(lowered.changes)
    return orjson.dumps(lowered.messages) + b"\n", 0


def current_texts(ids: Sequence[int]) -> dict[int, bytes]:
    """The stored texts as UTF-8, without a detour over `str`."""
    as_bytes = "convert_to(messages, 'UTF8')" if connection.vendor == "postgresql" else "CAST(messages AS BLOB)"
    places = ", ".join(["%s"] * len(ids))
    table = connection.ops.quote_name(ConversationText._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT conversation_id, {as_bytes} FROM {table} WHERE conversation_id IN ({places})",  # noqa: S608
            list(ids),
        )
        return dict(cursor.fetchall())


def older_text(pk: int, digest: bytes) -> bytes:
    """The text that had this hash when the rows were listed: it has been edited since, or is not as it was stored."""
    revision = Revision.objects.filter(conversation=pk, content_hash=digest).values_list("messages", flat=True).last()
    text = revision
    if text is None:
        stored = ConversationText.objects.filter(conversation=pk).first()
        text = stored.original_text() if stored else None
    if text is None or hashlib.sha256(text.encode()).digest() != digest:
        raise TextGone(
            f"Conversation {pk} was deleted, or its stored text is damaged. Start the export again;"
            " if it stops here once more, open that conversation and save it."
        )
    return text.encode()


class TextGone(JobFailed):
    """A listed row has no text any more: the listing is of no use."""
