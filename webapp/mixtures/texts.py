"""The texts of conversations as they were at a given moment, and their lines."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection
from numpy.typing import NDArray

from tasks_core.lowering import Dropped, lower
from webapp.common.errors import JobFailed
from webapp.conversations.models import ConversationText, Revision
from webapp.mixtures.recipes import Lowering
from webapp.mixtures.spool import PROBLEMS


class TextGone(JobFailed):
    """A row that was listed has no text any more: the list is of no use."""


def texts_of(rows: NDArray[Any]) -> list[bytes]:
    """The texts that the rows (RECORD of spool.py) name: those of now, or, where they were edited since, older ones."""
    ids, hashes = rows["id"].tolist(), rows["hash"].tolist()
    stored = _stored(set(ids))
    texts = [stored.get(pk, b"") for pk in ids]
    sha256 = hashlib.sha256
    for place, digest in enumerate(hashes):
        if sha256(texts[place]).digest() != digest:
            texts[place] = _older(ids[place], digest)
    return texts


def _stored(ids: Iterable[int]) -> dict[int, bytes]:
    """The stored texts as UTF-8, without a detour over `str`."""
    wanted = list(ids)
    if not wanted:
        return {}
    as_bytes = "convert_to(messages, 'UTF8')" if connection.vendor == "postgresql" else "CAST(messages AS BLOB)"
    table = connection.ops.quote_name(ConversationText._meta.db_table)
    places = ", ".join(["%s"] * len(wanted))
    statement = f"SELECT conversation_id, {as_bytes} FROM {table} WHERE conversation_id IN ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted)
        return dict(cursor.fetchall())


def _older(pk: int, digest: bytes) -> bytes:
    revisions = Revision.objects.filter(conversation=pk, content_hash=digest)
    text = revisions.values_list("messages", flat=True).last()
    if text is None:
        stored = ConversationText.objects.filter(conversation=pk).first()
        text = stored.original_text() if stored else None
    if text is None or hashlib.sha256(text.encode()).digest() != digest:
        raise TextGone(
            f"Conversation {pk} was deleted while the export ran, or its stored text is damaged."
            " Press Continue to begin anew; if that ends here again, open the conversation and save it."
        )
    return text.encode()


def lowered_line(text: bytes, lowering: Lowering, changes: Counter[str]) -> tuple[bytes, int]:
    """The line, with its newline, of a conversation that CustomJSON cannot hold as it is, and 0; or nothing, and why.

    `changes` counts what was done.
    """
    found = lower(orjson.loads(text), system=lowering.system, tools=lowering.tools, reasoning=lowering.reasoning)
    if isinstance(found, Dropped):
        return b"", 1 + PROBLEMS.index(found.reason)
    changes.update(found.changes)
    return orjson.dumps(found.messages) + b"\n", 0
