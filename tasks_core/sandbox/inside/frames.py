"""JSON messages over a file descriptor: four bytes of length, then the text."""

import json
import os
from typing import Any

from .values import MalformedError

__all__ = ["HEAD", "MAX_FRAME", "GoneError", "frame_of", "parse", "read_frame", "write_frame"]

#: The most bytes of one message; a longer one is refused before it is read.
MAX_FRAME = 8_000_000
#: The bytes of the length.
HEAD = 4


class GoneError(Exception):
    """The other side has closed the connection."""


def frame_of(message: object) -> bytes:
    """Return the bytes of a message. Raises MalformedError where it is too long."""
    text = json.dumps(message).encode("ascii")
    if len(text) > MAX_FRAME:
        raise MalformedError(f"{len(text):,} bytes are more than can be sent ({MAX_FRAME:,})")
    return len(text).to_bytes(HEAD, "big") + text


def parse(text: bytes) -> Any:
    """Return the message. Raises MalformedError where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not a message: {error}") from error


def write_frame(descriptor: int, message: object) -> None:
    """Send a message. Raises GoneError, MalformedError."""
    rest = memoryview(frame_of(message))
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        raise GoneError(str(error)) from error


def read_frame(descriptor: int) -> Any:
    """Receive a message. Raises GoneError, MalformedError."""
    length = int.from_bytes(_read(descriptor, HEAD), "big")
    if length > MAX_FRAME:
        raise MalformedError(f"a message of {length:,} bytes")
    return parse(_read(descriptor, length))


def _read(descriptor: int, length: int) -> bytes:
    parts = []
    while length:
        try:
            part = os.read(descriptor, min(length, 1 << 20))
        except OSError as error:
            raise GoneError(str(error)) from error
        if not part:
            raise GoneError("closed")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
