"""The formats of an export. The same lines give the same bytes: fixed levels, no times, no names."""

import gzip
import struct
import zlib
from typing import IO, Any, Protocol, cast

import zstandard

GZIP_LEVEL = 6
ZSTD_LEVEL = 3
# Deflate, the unknown operating system, no name and no time.
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class Encoder(Protocol):
    """Turns blocks of lines into what is written. `state` is what `restore` needs to go on after a block."""

    resumable: bool

    def encode(self, block: bytes) -> bytes: ...
    def finish(self) -> bytes: ...
    def state(self) -> dict[str, int]: ...
    def restore(self, state: dict[str, int]) -> None: ...


class PlainEncoder:
    """Lines as they are."""

    resumable = True

    def encode(self, block: bytes) -> bytes:
        return block

    def finish(self) -> bytes:
        return b""

    def state(self) -> dict[str, int]:
        return {}

    def restore(self, state: dict[str, int]) -> None:
        pass


class GzipEncoder:
    """One gzip member. Each block is deflated by itself, so that the work can go on behind any of them."""

    resumable = True

    def __init__(self) -> None:
        self.check = 0
        self.size = 0
        self.begun = False

    def encode(self, block: bytes) -> bytes:
        self.check = zlib.crc32(block, self.check)
        self.size += len(block)
        deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        return self._header() + deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)

    def finish(self) -> bytes:
        last = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
        return self._header() + last + struct.pack("<II", self.check, self.size & 0xFFFFFFFF)

    def state(self) -> dict[str, int]:
        return {"check": self.check, "size": self.size, "begun": int(self.begun)}

    def restore(self, state: dict[str, int]) -> None:
        self.check, self.size, self.begun = state["check"], state["size"], bool(state["begun"])

    def _header(self) -> bytes:
        header = b"" if self.begun else GZIP_HEADER
        self.begun = True
        return header


class ZstdEncoder:
    """One zstd frame with a checksum. Its state cannot be kept, so an interrupted file is written anew."""

    resumable = False

    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compressobj()

    def encode(self, block: bytes) -> bytes:
        return self._stream.compress(block)

    def finish(self) -> bytes:
        return self._stream.flush()

    def state(self) -> dict[str, int]:
        return {}

    def restore(self, state: dict[str, int]) -> None:
        raise NotImplementedError("a zstd frame cannot be continued")


ENCODERS: dict[str, type[PlainEncoder] | type[GzipEncoder] | type[ZstdEncoder]] = {
    "jsonl": PlainEncoder,
    "jsonl.gz": GzipEncoder,
    "jsonl.zst": ZstdEncoder,
}
# What a damaged file raises while it is unpacked.
DAMAGED = (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile)


def encoder_for(format_name: str) -> Encoder:
    """An encoder for a new file; `format_name` is a value of Export.Format."""
    return ENCODERS[format_name]()


def open_unpacked(file: IO[bytes]) -> IO[bytes]:
    """The lines of an open export file; its first bytes tell how they are packed."""
    magic = file.read(4)
    file.seek(0)
    if magic[:2] == GZIP_HEADER[:2]:
        return cast(IO[bytes], gzip.GzipFile(fileobj=file, mode="rb"))
    if magic == zstandard.FRAME_HEADER:
        reader: Any = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)
        return cast(IO[bytes], reader)
    return file
