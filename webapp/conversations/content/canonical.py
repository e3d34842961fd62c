"""The text that is stored: compact JSON, keys `role`, `content` (parts: `type`, `text`), not ASCII-escaped."""

import hashlib
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from webapp.conversations.content.shapes import Message

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def canonical_bytes(messages: Sequence[Message]) -> bytes:
    """The messages as canonical UTF-8 text."""
    return _encoder.encode(messages)


def canonical_text(messages: Sequence[Message]) -> str:
    """The messages as the text that is stored and hashed."""
    return _encoder.encode(messages).decode()


def content_hash(text: str | bytes) -> bytes:
    """The SHA-256 of a canonical text, 32 bytes."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()


def messages_of(text: str | bytes) -> list[Message]:
    """The messages of a canonical text; the way back of `canonical_text`."""
    return cast(list[Message], _decoder.decode(text))


def compact_json(value: Any) -> str:
    """Any JSON value in the same writing."""
    return _encoder.encode(value).decode()
