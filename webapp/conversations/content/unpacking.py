"""From an uploaded file to a plain JSONL file: gzip is unpacked, arrays are cut into lines. Flat memory throughout."""

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from webapp.conversations.content.shapes import BadFile
from webapp.conversations.content.sniffing import BOM, Kind, sniff
from webapp.conversations.content.splitting import ArraySplitter

_BLOCK = 1024 * 1024
_GZIP = 31  # zlib's window bits for a gzip header

# Called between blocks with what is being done, the bytes read so far and all bytes; it stops the work by raising.
Watch = Callable[[str, int, int], None]


class Prepared(NamedTuple):
    """A file ready to be read line by line.

    `path` is the upload itself or the unpacked file; a line of it is a `unit` ("line" or "record") of the upload.
    `problem` is empty, or says why the file is incomplete: what is there can be used, but is not all.
    """

    path: Path
    unit: str = "line"
    problem: str = ""


def _nobody_watches(_step: str, _done: int, _total: int) -> None:
    return None


def prepare(source: Path, target: Path, *, output_limit: int, watch: Watch = _nobody_watches) -> Prepared:
    """Unpack `source` to the JSONL file `target`, where that is necessary; a plain JSONL file stays as it is.

    `target` appears when it is whole; until then there is a file beside it, with `.part` added, which is written
    anew by the next try and removed when `watch` or an error stops this one. Raises BadFile.
    """
    kind = sniff(source)
    problem = ""
    if kind is Kind.GZIP:
        problem = unpack_gzip(source, target, limit=output_limit, watch=watch)
        source, kind = target, _sniff_unpacked(target)
    if kind is Kind.LINES:
        return Prepared(source, "line", problem)
    if kind is Kind.VALUE:
        join_value(source, target, watch=watch)
        return Prepared(target, "record", problem)
    return Prepared(target, "record", problem or split_array(source, target, watch=watch))


def _sniff_unpacked(target: Path) -> Kind:
    try:
        kind = sniff(target)
        if kind is Kind.GZIP:
            raise BadFile("the file is compressed twice: unpack it once")
    except BadFile:
        target.unlink()
        raise
    return kind


def unpack_gzip(source: Path, target: Path, *, limit: int, watch: Watch = _nobody_watches) -> str:
    """Unpack a gzip file; the problem it ended with, or empty. Raises BadFile past `limit` bytes of output."""
    written, problem = 0, ""
    with _written_whole(target) as out, source.open("rb") as file:
        total = source.stat().st_size
        try:
            for block in _unpacked_blocks(file):
                written += len(block)
                if written > limit:
                    raise BadFile(f"unpacked it is larger than the limit of {limit:,} bytes")
                out.write(block)
                watch("unpacking", file.tell(), total)
        except (zlib.error, EOFError) as error:
            if not written:
                raise BadFile(f"the file cannot be unpacked: {_gzip_reason(error)}") from None
            problem = f"{_gzip_reason(error)}, after {written:,} bytes of text"
    return problem


def _unpacked_blocks(file: BinaryIO) -> Iterator[bytes]:
    """The text of all members of a gzip file. Raises EOFError when the file ends inside one, zlib.error on damage."""
    pending = file.read(_BLOCK)
    while pending:
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            block = member.decompress(pending, _BLOCK)
            if block:
                yield block
            pending = member.unconsumed_tail or (b"" if member.eof else file.read(_BLOCK))
            # With nothing to read there may still be text inside zlib: it is asked until it gives none.
            if not (pending or block or member.eof):
                raise EOFError
        # Some programs fill up the end with zeros.
        pending = (member.unused_data or file.read(_BLOCK)).lstrip(b"\0")


def _gzip_reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the compressed file is cut off"
    return f"the compressed data is damaged ({str(error).rpartition(': ')[2]})"


def split_array(source: Path, target: Path, *, watch: Watch = _nobody_watches) -> str:
    """Write each element of a JSON array on a line of its own; the problem it ended with, or empty."""
    splitter = ArraySplitter()
    with _written_whole(target) as out:
        for block in _blocks(source, "splitting the array", watch):
            out.write(splitter.feed(block))
            if splitter.problem:
                break
        out.write(splitter.finish())
    return splitter.problem


def join_value(source: Path, target: Path, *, watch: Watch = _nobody_watches) -> None:
    """Write a JSON value that is spread over several lines on one."""
    with _written_whole(target) as out:
        for block in _blocks(source, "joining the lines", watch):
            out.write(block.replace(b"\n", b"\r"))
        out.write(b"\n")


def _blocks(source: Path, step: str, watch: Watch) -> Iterator[bytes]:
    total = source.stat().st_size
    with source.open("rb") as file:
        if file.read(len(BOM)) != BOM:
            file.seek(0)
        while block := file.read(_BLOCK):
            yield block
            watch(step, file.tell(), total)


@contextmanager
def _written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its place when it is complete and safe on the disk."""
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
