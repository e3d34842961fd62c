"""New conversations into the database, thousands at a time, with their texts, flags and counts."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from webapp.common.rows import database_time, insert_rows, reserve_ids
from webapp.conversations import tallies
from webapp.conversations.models import Conversation, ConversationText, Flag, FlagReason, Source, Status

CONVERSATION_FIELDS = (
    "id", "source", "position", "status", "version", "turns", "characters", "has_system", "has_tools", "edited",
    "open_flags", "issues", "plain", "subject", "preview", "original_hash", "content_hash",
)  # fmt: skip
TEXT_FIELDS = ("conversation", "messages", "metadata")
FLAG_FIELDS = ("conversation", "source", "status", "reason", "note", "created_at")
FORMATTING = "formatting"  # the reason under which template tokens are flagged


class NewConversation(Protocol):
    """What is stored of a conversation; `content.records.Record` is one."""

    @property
    def text(self) -> str:
        """The canonical text of the messages."""

    @property
    def content_hash(self) -> bytes: ...
    @property
    def turns(self) -> int: ...
    @property
    def characters(self) -> int: ...
    @property
    def has_system(self) -> bool: ...
    @property
    def has_tools(self) -> bool: ...
    @property
    def plain(self) -> bool: ...
    @property
    def issues(self) -> str: ...
    @property
    def preview(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def metadata(self) -> str: ...
    @property
    def tokens(self) -> tuple[str, ...]:
        """Template tokens found in the text."""


class Stored(NamedTuple):
    """How many were stored, and of these with a format issue, and with a flag."""

    total: int
    with_issue: int
    flagged: int


def store_records(source: Source, records: Sequence[NewConversation], *, first_position: int) -> Stored:
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
                record.subject, record.preview, record.content_hash[:16], record.content_hash,
            )
            for position, (conversation_id, record) in enumerate(numbered, first_position)
        ],
    )  # fmt: skip
    insert_rows(ConversationText, TEXT_FIELDS, [(number, record.text, record.metadata) for number, record in numbered])
    flagged = _flag_tokens(source, numbered)
    return _count(source, records, flagged)


def _flag_tokens(source: Source, numbered: Sequence[tuple[int, NewConversation]]) -> int:
    found = [(conversation_id, record.tokens) for conversation_id, record in numbered if record.tokens]
    if not found:
        return 0
    reason = formatting_reason()
    now = database_time()
    insert_rows(
        Flag,
        FLAG_FIELDS,
        [
            (conversation_id, source.pk, Status.UNREVIEWED.value, reason.pk, token_note(tokens), now)
            for conversation_id, tokens in found
        ],
    )
    tallies.add_flagged(source.pk, reason.pk, len(found))
    return len(found)


def formatting_reason() -> FlagReason:
    """The reason for template tokens; made again if the team removed it."""
    reason, _ = FlagReason.objects.get_or_create(
        slug=FORMATTING, defaults={"label": "formatting", "description": "Stray tokens, odd characters."}
    )
    return reason


def token_note(tokens: Sequence[str]) -> str:
    """Which template tokens the text holds, cut to what a note can hold."""
    note = f"Template token in the text: {', '.join(tokens)}"
    return note if len(note) <= 500 else note[:499] + "…"


def _count(source: Source, records: Sequence[NewConversation], flagged: int) -> Stored:
    with_issue = sum(1 for record in records if record.issues)
    tallies.add_many(source.pk, Status.UNREVIEWED.value, total=len(records), flagged=flagged, with_issue=with_issue)
    for subject, total in Counter(record.subject for record in records if record.subject).items():
        tallies.add_subject(source.pk, subject, total)
    return Stored(len(records), with_issue, flagged)
