"""Counts everything anew and compares it with what is kept: for use after any action in a test."""

from collections import Counter

from webapp.conversations.content.canonical import content_hash, messages_of
from webapp.conversations.models import (
    Conversation,
    ConversationText,
    Decision,
    Flag,
    FlagTally,
    Revision,
    SubjectTally,
    Tally,
)
from webapp.conversations.versions import columns_of


def assert_tallies_match() -> None:
    """The kept counts and copies equal what a recount of the rows gives. Sources in the trash count for themselves."""
    _check_tallies()
    _check_flag_tallies()
    _check_subject_tallies()
    _check_flag_copies()


def assert_history_matches(conversation: Conversation) -> None:
    """Every accepted write is one row of history, and the stored text is that of the last revision."""
    conversation = Conversation.objects.select_related("text").get(pk=conversation.pk)
    writes = Revision.objects.filter(conversation=conversation).count()
    writes += Decision.objects.filter(conversation=conversation).count()
    assert conversation.version == 1 + writes
    _check_text(conversation, conversation.text)


def _check_tallies() -> None:
    counted: dict[tuple[int, int], Counter[str]] = {}
    for row in Conversation.objects.values("source", "status", "open_flags", "issues", "edited"):
        entry = counted.setdefault((row["source"], row["status"]), Counter())
        entry["total"] += 1
        entry["flagged"] += row["open_flags"] > 0
        entry["with_issue"] += row["issues"] != ""
        entry["edited"] += row["edited"]
    kept = {
        (tally.source_id, tally.status): Counter(
            total=tally.total, flagged=tally.flagged, with_issue=tally.with_issue, edited=tally.edited
        )
        for tally in Tally.objects.all()
    }
    assert {key: +entry for key, entry in kept.items() if +entry} == {key: +entry for key, entry in counted.items()}


def _check_flag_tallies() -> None:
    pairs = Flag.objects.filter(resolved_at=None).values_list("source", "reason", "conversation").distinct()
    counted = Counter((source, reason) for source, reason, _ in pairs)
    kept = {(row.source_id, row.reason_id): row.total for row in FlagTally.objects.all() if row.total}
    assert kept == dict(counted)


def _check_subject_tallies() -> None:
    rows = Conversation.objects.exclude(subject="").values_list("source", "subject")
    kept = {(row.source_id, row.subject): row.total for row in SubjectTally.objects.all() if row.total}
    assert kept == dict(Counter(rows))


def _check_flag_copies() -> None:
    opened = Counter(Flag.objects.filter(resolved_at=None).values_list("conversation", flat=True))
    for conversation in Conversation.objects.all():
        assert conversation.open_flags == opened[conversation.pk], conversation
    for flag in Flag.objects.select_related("conversation"):
        assert (flag.source_id, flag.status) == (flag.conversation.source_id, flag.conversation.status), flag


def _check_text(conversation: Conversation, text: ConversationText) -> None:
    last = Revision.objects.filter(conversation=conversation).order_by("version").last()
    assert text.messages == (last.messages if last else text.original_text())
    assert text.original is None or text.original != text.messages
    assert conversation.edited is (text.original is not None)
    assert bytes(conversation.content_hash) == content_hash(text.messages)
    for name, value in columns_of(messages_of(text.messages)).items():
        assert name == "content_hash" or getattr(conversation, name) == value, name
