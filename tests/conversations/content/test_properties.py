"""What holds for any input: round trips, both ways of reading a line agree, nothing but BadLine is ever raised."""

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversations.content.pipeline import GOOD
from webapp.conversations.content import records
from webapp.conversations.content.canonical import canonical_text, content_hash, messages_of
from webapp.conversations.content.checking import find_issues, find_tokens, has_tools, is_customjson
from webapp.conversations.content.decoding import decode_line, may_repeat_keys
from webapp.conversations.content.editing import check_edited
from webapp.conversations.content.recognising import parse_value
from webapp.conversations.content.shapes import PART_TYPES, ROLES, BadLine, BadMessages, Message
from webapp.conversations.content.splitting import ArraySplitter

pytestmark = pytest.mark.once

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
ODD_TEXT = st.sampled_from(
    ["", " ", "role", '"role":', "\\", '\\"', "<|im_end|>", "\u2028", "😀", "\\u0000", "\\u006f"]
)
PART = st.fixed_dictionaries({"type": st.sampled_from(PART_TYPES), "text": TEXT | ODD_TEXT})
PLAIN = st.fixed_dictionaries({"role": st.sampled_from(ROLES[:3]), "content": TEXT | ODD_TEXT})
MESSAGE = PLAIN | st.fixed_dictionaries(
    {"role": st.sampled_from(ROLES), "content": TEXT | ODD_TEXT | st.lists(PART, max_size=4)}
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | ODD_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(MESSAGE, min_size=1))
def test_messages_go_to_text_and_back(messages: list[Any]) -> None:
    text = canonical_text(messages)
    assert messages_of(text) == messages
    assert text.encode() == orjson.dumps(messages)
    assert content_hash(text) == content_hash(text.encode())
    assert check_edited(messages) == messages


@given(st.lists(PLAIN, min_size=1, max_size=6), st.booleans(), st.booleans(), st.booleans())
def test_the_short_way_gives_what_the_long_way_gives(
    messages: list[Message], wrapped: bool, ascii_only: bool, spaced: bool
) -> None:
    value = {"messages": messages} if wrapped else messages
    raw = json.dumps(value, ensure_ascii=ascii_only, separators=None if spaced else (",", ":")).encode()
    record = records.parse_line(raw)
    assert record == records._record(parse_value(decode_line(raw)))
    assert messages_of(record.text) == messages
    assert record.hash == content_hash(record.text)
    assert record.characters == sum(len(message["content"]) for message in messages)


@given(st.lists(MESSAGE, min_size=1, max_size=6))
def test_a_record_says_what_the_checks_say(messages: list[Message]) -> None:
    record = records.record_of({"messages": messages})
    kept = messages_of(record.text)
    assert record.turns == len(kept)
    assert bool(record.issues) is bool(find_issues(kept))
    assert record.tokens == find_tokens(kept)
    assert (record.plain, record.has_tools) == (is_customjson(kept), has_tools(kept))
    assert record.has_system is any(message["role"] == "system" for message in kept)


@given(st.lists(MESSAGE, min_size=1, max_size=8))
def test_without_an_issue_turns_alternate_and_the_user_begins(messages: list[Message]) -> None:
    if not find_issues(messages):
        roles = [message["role"] for message in messages]
        body = roles[1:] if roles[0] == "system" else roles
        assert len(body) >= 2
        assert body == ["user", "assistant"] * (len(body) // 2)


@given(VALUE, st.booleans(), st.sampled_from([None, (",", ":"), (" , ", " : ")]))
def test_strict_decoding_agrees_with_the_standard_library(value: Any, ascii_only: bool, separators: Any) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, separators=separators).encode()
    assert decode_line(raw) == json.loads(raw)


@given(st.lists(st.tuples(TEXT | ODD_TEXT, VALUE), max_size=5), st.sampled_from(["", " ", "\t", "\r"]), st.booleans())
def test_a_key_twice_is_always_found(pairs: list[tuple[str, Any]], gap: str, ascii_only: bool) -> None:
    written = [json.dumps(key, ensure_ascii=ascii_only) + gap + ":" + json.dumps(value) for key, value in pairs]
    raw = ("{" + ",".join(written) + "}").encode()
    repeated = len({key for key, _ in pairs}) < len(pairs)
    assert may_repeat_keys(raw, json.loads(raw)) or not repeated
    if repeated:
        with pytest.raises(BadLine, match="twice"):
            decode_line(raw)
    else:
        assert decode_line(raw) == dict(pairs)


@given(st.binary(max_size=40), st.integers(0, len(GOOD)), st.integers(0, 10))
def test_damaged_lines_are_refused_or_valid_json(rubbish: bytes, place: int, cut: int) -> None:
    for raw in (rubbish, GOOD[:place] + rubbish + GOOD[place + cut :]):
        with suppress(BadLine):
            assert messages_of(records.parse_line(raw).text)
            json.loads(raw)


@given(VALUE)
def test_any_value_is_a_conversation_or_refused(value: Any) -> None:
    for line in (value, {"messages": value}, {"conversations": value}, [value], [{"role": "user", "content": value}]):
        with suppress(BadLine):
            records.parse_line(json.dumps(line).encode())


@given(VALUE)
def test_anything_edited_is_checked(value: Any) -> None:
    for messages in (value, [value], [{"role": "user", "content": value}], [{"role": value, "content": "x"}]):
        with suppress(BadMessages):
            assert messages_of(canonical_text(check_edited(messages)))


@given(st.lists(VALUE, max_size=6), st.sampled_from([None, 0, 3]), st.integers(1, 40))
def test_an_array_is_cut_into_its_elements_wherever_the_blocks_end(values: list[Any], indent: Any, size: int) -> None:
    data = json.dumps(values, indent=indent).encode()
    splitter = ArraySplitter()
    lines = b"".join(splitter.feed(data[start : start + size]) for start in range(0, len(data), size))
    lines += splitter.finish()
    assert splitter.problem == ""
    assert [json.loads(line) for line in lines.split(b"\n") if line] == values
    assert splitter.records == len(values) == lines.count(b"\n")
