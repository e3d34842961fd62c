"""Storing many conversations at once: ids, counts, flags."""

from typing import Any

import pytest
from django.db import transaction
from msgspec import structs

from tests.factories import chat, make_conversation, make_source
from webapp.conversations.content.checking import Token
from webapp.conversations.content.records import Record, record_of
from webapp.conversations.models import Conversation, ConversationText, Flag, FlagTally, SubjectTally, Tally
from webapp.conversations.storing import store_records, token_note, turn_of

pytestmark = pytest.mark.django_db


def rows(count: int, **fields: Any) -> list[Record]:
    lines = (chat(f"What is {number}?", "A number.") for number in range(count))
    return [structs.replace(record_of({"messages": line}), **fields) for line in lines]


def test_ids_rise_with_the_position_and_follow_what_is_there() -> None:
    source = make_source()
    before = make_conversation().pk
    with transaction.atomic():
        stored = store_records(source, rows(5), first_position=10)
    found = list(Conversation.objects.filter(source=source).order_by("id").values_list("id", "position"))
    assert stored.total == 5
    assert [position for _, position in found] == [10, 11, 12, 13, 14]
    assert found[0][0] > before
    assert make_conversation().pk > found[-1][0]


def test_the_row_holds_what_the_record_says() -> None:
    source = make_source()
    record = rows(1, subject="anatomy", metadata='{"letters":["A"]}')[0]
    store_records(source, [record], first_position=0)
    conversation = Conversation.objects.get(source=source)
    text = ConversationText.objects.get(conversation=conversation)
    assert (conversation.version, conversation.status, conversation.turns, conversation.characters) == (1, 0, 2, 19)
    assert bytes(conversation.content_hash) == record.hash
    assert bytes(conversation.original_hash) == record.hash[:16]
    assert (text.messages, text.original, text.metadata) == (record.text, None, '{"letters":["A"]}')
    assert SubjectTally.objects.get(source=source).subject == "anatomy"


def test_counts_are_kept_with_the_rows() -> None:
    source = make_source()
    with transaction.atomic():
        store_records(source, rows(3), first_position=0)
        store_records(source, rows(2, issues=",one_message,"), first_position=3)
    tally = Tally.objects.get(source=source)
    assert (tally.total, tally.with_issue, tally.flagged, tally.edited) == (5, 2, 0, 0)


def test_template_tokens_become_an_open_flag() -> None:
    source = make_source()
    store_records(source, [*rows(1), *rows(1, tokens=(Token("<|im_end|>", 1),))], first_position=0)
    flag = Flag.objects.get()
    assert flag.reason.slug == "formatting"
    assert flag.note == "Template token in the text: <|im_end|>"
    assert (flag.created_by, flag.turn, flag.resolved_at) == (None, 1, None)
    assert flag.conversation.open_flags == 1
    assert Tally.objects.get(source=source).flagged == 1
    assert FlagTally.objects.get(source=source).total == 1


def test_nothing_to_store_stores_nothing() -> None:
    assert store_records(make_source(), [], first_position=0).total == 0


def test_a_long_note_is_cut() -> None:
    assert len(token_note([Token(f"<|token_{number}|>", 0) for number in range(200)])) == 500


def test_tokens_in_several_turns_flag_the_whole() -> None:
    assert turn_of([Token("<|im_end|>", 0), Token("<|im_end|>", 1)]) is None
