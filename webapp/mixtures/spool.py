"""The working files of an export: which rows, as of one moment, and what is not in the database as it is needed.

    rows       one RECORD for each row that is taken: found by a component, and inside its slice
    outcomes   for each of them one byte: 0, or why it is dropped (1 + its index in PROBLEMS)
    texts      the lines of those that had to be lowered, one behind the other
    ends       for each row that is taken, where `texts` ends behind it
    order      for each line of the file, which row it shows

What is written depends on `rows` and on texts that never change, so a worker that lost its lease and wakes up later
can only write what stands there already: nothing is ever cut off, and how much is valid stands in the job's cursor.
Everything is read by place, not mapped: memory stays the same however many rows there are.
"""

import os
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tasks_core.lowering import DROP_REASONS

PROBLEMS = tuple(DROP_REASONS)
COLUMNS = ("id", "position", "version", "characters", "reviewer", "status", "plain", "issues", "content_hash")
RECORD = np.dtype(
    [
        ("id", "<u8"),
        ("position", "<u8"),
        ("version", "<u4"),
        ("characters", "<u4"),
        ("reviewer", "<u4"),
        ("status", "u1"),
        ("plain", "u1"),
        ("problem", "u1"),
        ("hash", "V32"),
    ]
)
PACKED = struct.Struct("<QQIIIBBB32s")


def pack_row(row: tuple[Any, ...]) -> bytes:
    """A record from the COLUMNS of a conversation."""
    pk, position, version, characters, reviewer, status, plain, issues, digest = row
    return PACKED.pack(pk, position, version, characters, reviewer or 0, status, plain, problem_of(issues), digest)


def problem_of(issues: str) -> int:
    """0 for none, otherwise 1 + the place of the first format issue in PROBLEMS."""
    return 1 + PROBLEMS.index(issues.strip(",").split(",")[0]) if issues else 0


class Spool:
    """The working folder of one export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def holds(self, sizes: dict[str, int]) -> bool:
        """True when the files are there, and are at least as long as what was recorded about them."""
        return all(_size(self.path(name)) >= size for name, size in sizes.items())

    def rows(self, begin: int, count: int) -> NDArray[Any]:
        return np.fromfile(self.path("rows"), RECORD, count=count, offset=begin * RECORD.itemsize)

    def outcomes(self, begin: int, count: int) -> NDArray[np.uint8]:
        return np.fromfile(self.path("outcomes"), np.uint8, count=count, offset=begin)

    def write_order(self, order: "array[int]") -> None:
        with self.path("order").open("wb") as file:
            order.tofile(file)


class SpoolReader:
    """The files of a spool, open for reading at any place."""

    def __init__(self, spool: Spool) -> None:
        self._files = {name: os.open(spool.path(name), os.O_RDONLY) for name in ("rows", "order", "ends", "texts")}

    def order(self, begin: int, count: int) -> list[int]:
        rows = array("I")
        rows.frombytes(os.pread(self._files["order"], count * rows.itemsize, begin * rows.itemsize))
        return rows.tolist()

    def rows(self, places: Sequence[int]) -> NDArray[Any]:
        """The records at these places."""
        file, size = self._files["rows"], RECORD.itemsize
        return np.frombuffer(b"".join([os.pread(file, size, place * size) for place in places]), RECORD)

    def lowered(self, row: int) -> bytes:
        """The line of a row that had to be lowered."""
        ends = os.pread(self._files["ends"], 16, row * 8 - 8) if row else bytes(8) + os.pread(self._files["ends"], 8, 0)
        start, end = struct.unpack("<QQ", ends)
        return os.pread(self._files["texts"], end - start, start)

    def close(self) -> None:
        for file in self._files.values():
            os.close(file)


class SpoolWriter:
    """Writes outcomes and lowered lines behind what is valid already."""

    def __init__(self, spool: Spool, *, taken: int, texts: int) -> None:
        self.taken, self.texts = taken, texts
        self._texts = open_at(spool.path("texts"), texts)
        self._ends = open_at(spool.path("ends"), taken * 8)
        self._outcomes = open_at(spool.path("outcomes"), taken)

    def write(self, outcomes: bytes, lines: dict[int, bytes]) -> None:
        """The outcomes of the next rows, and the lowered lines of some of them by their place among these rows."""
        sizes = np.zeros(len(outcomes), np.uint64)
        for place, line in lines.items():
            sizes[place] = len(line)
        ends = np.cumsum(sizes, dtype=np.uint64) + np.uint64(self.texts)
        write_all(self._texts, b"".join(lines[place] for place in sorted(lines)))
        write_all(self._ends, ends.astype("<u8").tobytes())
        write_all(self._outcomes, outcomes)
        self.taken += len(outcomes)
        self.texts = int(ends[-1])

    def close(self) -> None:
        for file in (self._texts, self._ends, self._outcomes):
            file.close()


def first_within(sizes: Sequence[int] | NDArray[Any], limit: int) -> int:
    """How many of `sizes`, from the first, stay within `limit` together; at least one."""
    return max(1, int(np.searchsorted(np.cumsum(sizes, dtype=np.int64), limit, side="right")))


def write_all(file: IO[bytes], content: bytes) -> None:
    """Write to an unbuffered file, which may take a part at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def open_at(path: Path, offset: int) -> IO[bytes]:
    """An unbuffered file to write to from `offset` on; what stands before and behind is kept."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.fdopen(descriptor, "r+b", buffering=0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
