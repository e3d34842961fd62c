"""The working files of an export: which rows, as of one moment, and their lines.

    rows       one RECORD for each row that the components list
    texts      the lines of the rows that are taken, one behind the other
    ends       for each row that is taken, where its line ends in `texts`
    outcomes   for each row that is taken, 0, or why it is dropped (1 + its index in PROBLEMS)
    order      for each line of the file, which row that is taken it shows

"Taken" are the rows inside the slice of their component. What is written depends on `rows` and on texts that never
change, so a worker that lost its lease and wakes up later can only write what stands there already: nothing is ever
truncated, and how much is valid stands in the job's cursor.
"""

import mmap
import os
import struct
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tasks_core.lowering import DROP_REASONS

PROBLEMS = tuple(DROP_REASONS)
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
COLUMNS = ("id", "position", "version", "characters", "reviewer", "status", "plain", "issues", "content_hash")
pack_record = struct.Struct("<QQIIIBBB32s").pack
unpack_records = struct.Struct("<QQIIIBBB32s").iter_unpack
# At most so many lines, and about so many bytes, are in memory at once.
BLOCK_LINES = 4_000
BLOCK_BYTES = 8 * 1024 * 1024


class Spool:
    """The working folder of one export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def holds(self, *, rows: int, taken: int, texts: int) -> bool:
        """True when the files are there, and are at least as long as what was recorded about them."""
        sizes = {"rows": rows * RECORD.itemsize, "texts": texts, "ends": taken * 8, "outcomes": taken}
        return all(self._size(name) >= size for name, size in sizes.items())

    def _size(self, name: str) -> int:
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return -1

    def rows(self) -> NDArray[Any]:
        return _mapped(self.path("rows"), RECORD)

    def outcomes(self, taken: int) -> NDArray[np.uint8]:
        return _mapped(self.path("outcomes"), np.dtype("u1"))[:taken]

    def order(self) -> NDArray[np.uint32]:
        return _mapped(self.path("order"), np.dtype("<u4"))

    def write_order(self, order: "array[int]") -> None:
        with self.path("order").open("wb") as file:
            order.tofile(file)

    def blocks(self, *, begin: int, taken: int) -> Iterator[tuple[int, bytes]]:
        """The lines of the file from line `begin` on, in blocks: (the line behind the block, its bytes).

        Where a block ends depends on where it begins and on nothing else.
        """
        order, ends = self.order(), _mapped(self.path("ends"), np.dtype("<u8"))[:taken]
        texts = _mapped_bytes(self.path("texts"))
        while begin < len(order):
            rows = order[begin : begin + BLOCK_LINES].astype(np.int64)
            stops = ends[rows]
            starts = np.where(rows > 0, ends[rows - 1], 0)
            count = first_within(stops - starts, BLOCK_BYTES)
            begin += count
            places = zip(starts[:count].tolist(), stops[:count].tolist(), strict=True)
            yield begin, b"".join([texts[start:stop] for start, stop in places])


class SpoolWriter:
    """Writes the lines of rows behind what is valid already."""

    def __init__(self, spool: Spool, *, taken: int, texts: int) -> None:
        self.taken, self.texts = taken, texts
        self._texts = open_at(spool.path("texts"), texts)
        self._ends = open_at(spool.path("ends"), taken * 8)
        self._outcomes = open_at(spool.path("outcomes"), taken)

    def write(self, lines: list[bytes], outcomes: bytes) -> None:
        """`lines` have their newline; the line of a dropped row is empty."""
        ends = array("Q")
        for line in lines:
            self.texts += len(line)
            ends.append(self.texts)
        write_all(self._texts, b"".join(lines))
        write_all(self._ends, ends.tobytes())
        write_all(self._outcomes, outcomes)
        self.taken += len(lines)

    def close(self) -> None:
        for file in (self._texts, self._ends, self._outcomes):
            file.close()


def first_within(sizes: NDArray[Any], limit: int) -> int:
    """How many of `sizes`, from the first, stay within `limit` together; at least one."""
    return max(1, int(np.searchsorted(np.cumsum(sizes), limit, side="right")))


def write_all(file: IO[bytes], content: bytes) -> None:
    """Write to an unbuffered file, which may take a part at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def open_at(path: Path, offset: int) -> IO[bytes]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.fdopen(descriptor, "r+b", buffering=0)


def _mapped(path: Path, kind: np.dtype[Any]) -> NDArray[Any]:
    # numpy refuses to map an empty file.
    if path.stat().st_size < kind.itemsize:
        return np.empty(0, kind)
    count = path.stat().st_size // kind.itemsize
    return np.memmap(path, kind, mode="r", shape=(count,))


def _mapped_bytes(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
