"""New texts for many conversations at once, with all that follows from them, in a few statements."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from webapp.common.rows import database_time, insert_rows
from webapp.conversations import tallies
from webapp.conversations.bulk import Row
from webapp.conversations.content.records import Record
from webapp.conversations.hooks import texts_changed
from webapp.conversations.models import Conversation, ConversationText, Flag, Revision, Status

REVISION_FIELDS = (
    "conversation", "version", "messages", "content_hash", "restored_from", "reason", "previous", "created_by",
    "created_at", "job",
)  # fmt: skip
ROW_COLUMNS = (
    "turns", "characters", "has_system", "has_tools", "issues", "plain", "preview", "content_hash", "version",
    "status", "edited",
)  # fmt: skip


class NewText(NamedTuple):
    """A held conversation, its stored text, and the one that it gets, which is another with as many turns."""

    row: Row
    old: str
    new: Record
    restored_from: int | None = None

    @property
    def status(self) -> int:
        """An approval ends with the text that was approved."""
        return Status.UNREVIEWED.value if self.row.status == Status.APPROVED else self.row.status


def rewrite(texts: Sequence[NewText], *, by: int | None, job: int, reason: str) -> None:
    """Store the texts as revisions, in the transaction that holds the rows. Flags stay on their turns."""
    if not texts:
        return
    edited = _write_texts(texts)
    _write_rows(texts, edited)
    _write_revisions(texts, by=by, job=job, reason=reason)
    ended = [text.row.pk for text in texts if text.row.status == Status.APPROVED]
    Flag.objects.filter(conversation_id__in=ended).update(status=Status.UNREVIEWED)
    after = [
        text.row._replace(status=text.status, issues=text.new.issues, edited=text.row.pk in edited) for text in texts
    ]
    tallies.move([text.row.standing() for text in texts], [row.standing() for row in after])
    texts_changed([(text.row.pk, text.old, text.new.text) for text in texts])


def _write_texts(texts: Sequence[NewText]) -> set[int]:
    """The texts themselves; returns the ids of those that differ from what was imported."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {ConversationText._meta.db_table}"  # noqa: S608
            " SET original = NULLIF(COALESCE(original, messages), %s), messages = %s WHERE conversation_id = %s",
            [(text.new.text, text.new.text, text.row.pk) for text in texts],
        )
    written = ConversationText.objects.filter(pk__in=[text.row.pk for text in texts])
    return set(written.exclude(original=None).values_list("pk", flat=True))


def _write_rows(texts: Sequence[NewText], edited: set[int]) -> None:
    sets = ", ".join(f"{name} = %s" for name in ROW_COLUMNS)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {Conversation._meta.db_table} SET {sets} WHERE id = %s",  # noqa: S608
            [
                (
                    text.new.turns, text.new.characters, text.new.has_system, text.new.has_tools, text.new.issues,
                    text.new.plain, text.new.preview, text.new.hash, text.row.version + 1, text.status,
                    text.row.pk in edited, text.row.pk,
                )
                for text in texts
            ],
        )  # fmt: skip


def _write_revisions(texts: Sequence[NewText], *, by: int | None, job: int, reason: str) -> None:
    now = database_time()
    insert_rows(
        Revision,
        REVISION_FIELDS,
        [
            (
                text.row.pk, text.row.version + 1, text.new.text, text.new.hash, text.restored_from, reason,
                text.row.status, by, now, job,
            )
            for text in texts
        ],
    )  # fmt: skip
