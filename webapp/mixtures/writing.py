"""Writing blocks of lines while the next ones are being read."""

import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any

from webapp.mixtures.encoding import Encoder
from webapp.mixtures.spool import write_all

# What is known about a file: lines, bytes, unpacked bytes and their CRC-32, and how its encoder goes on.
START: dict[str, Any] = {"line": 0, "size": 0, "plain": 0, "check": 0, "encoder": {}}


class BlockWriter:
    """Packs and writes one block in a thread of its own, so that both processors have work."""

    def __init__(self, file: IO[bytes], encoder: Encoder, written: dict[str, Any]) -> None:
        self._file, self._encoder, self._written = file, encoder, written
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="export-writer")
        self._pending: Future[None] | None = None

    def write(self, line: int, block: bytes) -> dict[str, Any]:
        """Take a block whose last line is the `line`th of the file; what is known of the file before it."""
        written = self._settle()
        self._pending = self._pool.submit(self._write, line, block)
        return written

    def finish(self) -> dict[str, Any]:
        """Write what the encoder still holds; what is known of the whole file."""
        self._settle()
        self._put(self._encoder.finish())
        return self._written

    def close(self) -> None:
        self._pool.shutdown()

    def _settle(self) -> dict[str, Any]:
        if self._pending:
            self._pending.result()
            self._pending = None
        return self._written

    def _write(self, line: int, block: bytes) -> None:
        self._put(self._encoder.encode(block))
        self._written |= {
            "line": line,
            "plain": self._written["plain"] + len(block),
            "check": zlib.crc32(block, self._written["check"]),
            "encoder": self._encoder.state(),
        }

    def _put(self, packed: bytes) -> None:
        write_all(self._file, packed)
        self._written = self._written | {"size": self._written["size"] + len(packed)}
