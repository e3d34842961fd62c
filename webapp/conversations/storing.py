"""New conversations into the database, thousands at a time, with their texts, flags and counts."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from webapp.common.rows import database_time, insert_rows, reserve_ids
from webapp.conversations import tallies
from webapp.conversations.content.checking import Token
from webapp.conversations.content.records import Record
from webapp.conversations.models import Conversation, ConversationText, Flag, FlagReason, Source, Status

CONVERSATION_FIELDS = (
    "id", "source", "position", "status", "version", "turns", "characters", "has_system", "has_tools", "edited",
    "open_flags", "issues", "plain", "subject", "preview", "original_hash", "content_hash",
)  # fmt: skip
TEXT_FIELDS = ("conversation", "messages", "metadata")
FLAG_FIELDS = ("conversation", "source", "status", "reason", "turn", "note", "created_at")
FORMATTING = "formatting"  # the reason under which template tokens are flagged


class Stored(NamedTuple):
    """How many were stored, and of these with a format issue, and with a flag."""

    total: int
    with_issue: int
    flagged: int


def store_records(source: Source, records: Sequence[Record], *, first_position: int) -> Stored:
    """Store conversations at `first_position` and the places after it, in the caller's transaction.

    Their ids rise with the position. Flags those with template tokens, and counts everything.
    """
    if not records:
        return Stored(0, 0, 0)
    ids = reserve_ids(Conversation, len(records))
    numbered = list(zip(ids, records, strict=True))
    unreviewed = Status.UNREVIEWED.value
    insert_rows(
        Conversation,
        CONVERSATION_FIELDS,
        [
            (
                conversation_id, source.pk, position, unreviewed, 1, record.turns, record.characters,
                record.has_system, record.has_tools, False, 1 if record.tokens else 0, record.issues, record.plain,
                record.subject, record.preview, record.hash[:16], record.hash,
            )
            for position, (conversation_id, record) in enumerate(numbered, first_position)
        ],
    )  # fmt: skip
    insert_rows(ConversationText, TEXT_FIELDS, [(number, record.text, record.metadata) for number, record in numbered])
    found = [(conversation_id, record.tokens) for conversation_id, record in numbered if record.tokens]
    stored = _count(source, records, flagged=len(found))
    if found:
        _flag_tokens(source, found)
    return stored


def _flag_tokens(source: Source, found: Sequence[tuple[int, tuple[Token, ...]]]) -> None:
    reason = formatting_reason()
    now = database_time()
    insert_rows(
        Flag,
        FLAG_FIELDS,
        [
            (conversation_id, source.pk, Status.UNREVIEWED.value, reason.pk, turn_of(tokens), token_note(tokens), now)
            for conversation_id, tokens in found
        ],
    )
    tallies.add_flagged(source.pk, reason.pk, len(found))


def formatting_reason() -> FlagReason:
    """The reason for template tokens; made again if the team removed it."""
    reason, _ = FlagReason.objects.get_or_create(
        slug=FORMATTING, defaults={"label": "formatting", "description": "Stray tokens, odd characters."}
    )
    return reason


def turn_of(tokens: Sequence[Token]) -> int | None:
    """The turn that holds all the tokens; None when they stand in several, so that the whole is flagged."""
    turns = {token.turn for token in tokens}
    return turns.pop() if len(turns) == 1 else None


def token_note(tokens: Sequence[Token]) -> str:
    """Which template tokens the text holds, cut to what a note can hold."""
    note = f"Template token in the text: {', '.join(dict.fromkeys(token.token for token in tokens))}"
    return note if len(note) <= 500 else f"{note[:499]}…"


def _count(source: Source, records: Sequence[Record], *, flagged: int) -> Stored:
    with_issue = sum(1 for record in records if record.issues)
    tallies.add_many(source.pk, Status.UNREVIEWED.value, total=len(records), flagged=flagged, with_issue=with_issue)
    for subject, total in Counter(record.subject for record in records if record.subject).items():
        tallies.add_subject(source.pk, subject, total)
    return Stored(len(records), with_issue, flagged)


def find_hashes(hashes: Sequence[bytes]) -> list[tuple[bytes, int, int]]:
    """(original hash, source id, position) of the conversations, in the trash or not, with one of these hashes."""
    if not hashes:
        return []
    table = connection.ops.quote_name(Conversation._meta.db_table)
    query = f"SELECT original_hash, source_id, position FROM {table} WHERE original_hash"  # noqa: S608
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{query} = ANY(%s)", [list(hashes)])
        else:  # the ORM would spend more on preparing the values than SQLite on finding them
            cursor.execute(f"{query} IN ({', '.join(['%s'] * len(hashes))})", list(hashes))
        found: list[tuple[bytes, int, int]] = cursor.fetchall()
    return found
