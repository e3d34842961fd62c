"""One line of an upload, read, checked and counted: what the importer's loop calls.

Most lines are plain: a list of {role, content}, alone or under `messages`. These take a short way: a typed decode, one
pass over the turns. Whatever the short way does not know goes the long way, which gives the same for plain lines.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from webapp.conversations.content.canonical import canonical_bytes, compact_json, messages_of
from webapp.conversations.content.checking import (
    Token,
    find_issues,
    find_tokens,
    has_tools,
    is_empty_turn,
    issue_codes,
    may_have_tokens,
    preview_of,
    role_issues,
)
from webapp.conversations.content.decoding import DECODE_ERRORS, decode_line
from webapp.conversations.content.recognising import parse_value
from webapp.conversations.content.shapes import BadLine, Message, Parsed, joined_text

SUBJECT_LENGTH = 100


class Record(msgspec.Struct, frozen=True, gc=False):
    """A conversation as it is stored.

    `text` is canonical, `hash` its SHA-256 (32 bytes), `issues` `,code,code,` or empty, `metadata` a JSON object or
    empty, `format` and `converted` say what the line was and what was changed, `plain` that it is CustomJSON as it is.
    """

    text: str
    hash: bytes
    turns: int
    characters: int
    issues: str
    tokens: tuple[Token, ...]
    has_system: bool
    has_tools: bool
    plain: bool
    preview: str
    subject: str
    metadata: str
    format: str
    converted: tuple[str, ...]


class _Turn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["user", "assistant", "system"]
    content: str


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[_Turn]


class _Order(NamedTuple):
    """What the order of the roles says; asked for many times with the same few orders."""

    issues: str
    has_system: bool
    first_user: int


_list_decoder = msgspec.json.Decoder(list[_Turn])
_line_decoder = msgspec.json.Decoder(_Line)
_encoder = msgspec.json.Encoder()
_orders: dict[tuple[str, ...], _Order] = {}
_ORDERS_KEPT = 10_000
_ORDER_LENGTH_KEPT = 50


def parse_line(raw: bytes) -> Record:
    """The conversation in the bytes of a line. Raises BadLine, whose text says why there is none."""
    return _plain_record(raw) or _record(parse_value(decode_line(raw)))


def record_of(conversation: Mapping[str, object]) -> Record:
    """The conversation of a task: its messages as they are, parts included, and its other keys as metadata.

    The same rules as for a line of CustomJSON. Raises BadLine.
    """
    record = parse_line(_json_of(conversation.get("messages")))
    others = {key: value for key, value in conversation.items() if key != "messages"}
    if not others:
        return record
    metadata = decode_line(_json_of(others))
    return replace(record, metadata=compact_json(metadata), subject=_subject_in(metadata))


def _json_of(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        raise BadLine(f"cannot be written as JSON: {error}") from None


def _subject_in(metadata: object) -> str:
    subject = metadata.get("subject") if isinstance(metadata, dict) else None
    return subject[:SUBJECT_LENGTH] if isinstance(subject, str) else ""


def record_of_messages(messages: list[Message]) -> Record:
    """The same for checked messages (an edit's): they are kept as they stand."""
    return _record(Parsed(messages, "", {}))


def _plain_record(raw: bytes) -> Record | None:
    try:
        if raw.startswith(b"["):
            turns, name = _list_decoder.decode(raw), "CustomJSON"
        else:
            turns, name = _line_decoder.decode(raw).messages, "OpenAI messages"
    except DECODE_ERRORS:
        return None
    data = _encoder.encode(turns)
    if not turns or not _is_all_there(raw, data, len(turns), name):
        return None
    characters = 0
    for turn in turns:
        if not turn.content or turn.content.isspace():
            return None
        characters += len(turn.content)
    order = _order_of(tuple([turn.role for turn in turns]))
    return Record(
        data.decode(),
        sha256(data).digest(),
        len(turns),
        characters,
        order.issues,
        _tokens_of(data),
        order.has_system,
        False,
        not order.issues and not order.has_system,
        preview_of(turns[order.first_user].content),
        "",
        "",
        name,
        (),
    )


def _is_all_there(raw: bytes, data: bytes, turns: int, name: str) -> bool:
    """No key twice (the decoder would keep the last silently), and no NUL.

    Where the line without its spaces is the canonical text, nothing can be hidden in it. Otherwise the key names are
    counted: a name can hide from that only by writing its letters as \\u006x or \\u007x.
    """
    if b"\\" in data and b"\\u0000" in data:
        return False
    whole = data if name == "CustomJSON" else b'{"messages":%b}' % data
    if raw == whole or msgspec.json.format(raw, indent=-1) == whole:
        return True
    if raw.count(b'"role"') != turns or raw.count(b'"content"') != turns:
        return False
    if name != "CustomJSON" and raw.count(b'"messages"') != 1:
        return False
    return not (b"\\u006" in raw or b"\\u007" in raw)


def _order_of(roles: tuple[str, ...]) -> _Order:
    order = _orders.get(roles)
    if order is None:
        first_user = roles.index("user") if "user" in roles else 0
        order = _Order(issue_codes(role_issues(roles)), "system" in roles, first_user)
        if len(roles) <= _ORDER_LENGTH_KEPT and len(_orders) < _ORDERS_KEPT:
            _orders[roles] = order
    return order


def _tokens_of(data: bytes) -> tuple[Token, ...]:
    return find_tokens(messages_of(data)) if may_have_tokens(data) else ()


def _record(parsed: Parsed) -> Record:
    messages = parsed.messages
    data = canonical_bytes(messages)
    order = _order_of(tuple([message["role"] for message in messages]))
    issues = issue_codes(find_issues(messages)) if any(map(is_empty_turn, messages)) else order.issues
    only_text = all(isinstance(message["content"], str) for message in messages)
    return Record(
        data.decode(),
        sha256(data).digest(),
        len(messages),
        sum([len(joined_text(message["content"])) for message in messages]),
        issues,
        _tokens_of(data),
        order.has_system,
        has_tools(messages),
        only_text and not issues and not order.has_system,
        preview_of(joined_text(messages[order.first_user]["content"])),
        _subject_in(parsed.metadata),
        compact_json(parsed.metadata) if parsed.metadata else "",
        parsed.format,
        parsed.converted,
    )
