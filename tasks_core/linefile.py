"""A text file as lines that are read in one pass and then, by their place in the file, in any order."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tasks_core.errors import MissingFileError

__all__ = ["Line", "LineFile"]


class Line(NamedTuple):
    """A line without its end; `number` is from 1, `offset` is in bytes."""

    number: int
    offset: int
    content: bytes


class LineFile:
    """The lines of a file; LF, CRLF and CR end a line, as they do where Python reads text.

    Raises MissingFileError where the file cannot be opened, or is no longer the one that was opened first. It may
    be pickled, and used after a fork: reading does not move a position that processes share.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._handle: BinaryIO | None = None
        self._handle = self._open()
        self._version = self._read_version()

    def __iter__(self) -> Iterator[Line]:
        number = offset = 0
        with self._open() as file:
            for raw in file:
                for piece in raw.splitlines(keepends=True) if b"\r" in raw else (raw,):
                    number += 1
                    yield Line(number, offset, piece.rstrip(b"\r\n"))
                    offset += len(piece)

    def read(self, offset: int, length: int) -> bytes:
        """Return the `length` bytes at `offset`."""
        if self._handle is None:
            self._handle = self._open()
            if self._read_version() != self._version:
                raise MissingFileError(f"{self.path} has changed since it was opened; open it again")
        content = os.pread(self._handle.fileno(), length, offset)
        if len(content) != length:
            raise MissingFileError(f"{self.path} has been cut short since it was opened; open it again")
        return content

    def __del__(self) -> None:
        if self._handle is not None:
            self._handle.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_handle": None}

    def _open(self) -> BinaryIO:
        try:
            return Path(self.path).open("rb")
        except OSError as error:
            raise MissingFileError(f"{self.path} cannot be opened: {error.strerror}") from error

    def _read_version(self) -> tuple[int, int]:
        found = Path(self.path).stat()
        return found.st_mtime_ns, found.st_size
