"""A file of JSON Lines as numbered lines, with flat memory, from any line's end."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from webapp.conversations.content.sniffing import BOM

LINE_LIMIT = 16 * 1024 * 1024
_BUFFER = 1024 * 1024


class Place(NamedTuple):
    """Between two lines: how many lines are before it, and the byte where the next one starts."""

    number: int = 0
    offset: int = 0


class Line(NamedTuple):
    """A line that is not blank: its number from 1, its bytes without line end, the byte after it.

    `problem` says why it could not be read (too long); then there are no bytes.
    """

    number: int
    raw: bytes
    end: int
    problem: str = ""

    @property
    def place(self) -> Place:
        """Where reading goes on after this line."""
        return Place(self.number, self.end)


def read_lines(path: Path, *, limit: int = LINE_LIMIT, start: Place | None = None) -> Iterator[Line]:
    """The lines of a UTF-8 file after `start`. Blank ones are counted, not given. Only LF or CRLF ends a line."""
    number, end = start or Place()
    with path.open("rb", buffering=_BUFFER) as file:
        end = end or _skip_bom(file)
        file.seek(end)
        # Two more than the limit, for a CRLF.
        while raw := file.readline(limit + 2):
            number += 1
            end += len(raw)
            if len(raw) > limit and len(raw.rstrip(b"\r\n")) > limit:
                rest = 0 if raw.endswith(b"\n") else _skip_line(file)
                end += rest
                yield Line(number, b"", end, _too_long(len(raw) + rest, limit))
            elif not raw.isspace():
                yield Line(number, raw.rstrip(b"\r\n"), end)


def _skip_bom(file: BinaryIO) -> int:
    return len(BOM) if file.read(len(BOM)) == BOM else 0


def _skip_line(file: BinaryIO) -> int:
    skipped = 0
    while chunk := file.readline(_BUFFER):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped


def _too_long(length: int, limit: int) -> str:
    return f"too long: {length:,} bytes, the limit is {limit:,} ({limit / 1024 / 1024:.3g} MB)"
