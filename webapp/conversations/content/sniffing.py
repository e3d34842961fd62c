"""What an uploaded file is, by its content: names lie."""

import codecs
import re
from enum import Enum
from itertools import pairwise
from pathlib import Path

from webapp.conversations.content.decoding import decode_line
from webapp.conversations.content.shapes import BadFile, BadLine

HEAD_BYTES = 256 * 1024
_LINES_LOOKED_AT = 20
BOM = codecs.BOM_UTF8
NO_RECORDS = "no records: the file is empty"
HINT = "Winnow reads JSON Lines (.jsonl, also as .jsonl.gz) and JSON arrays (.json)"


class Kind(Enum):
    """How the conversations stand in a file."""

    LINES = "one on each line"
    ARRAY = "the elements of one JSON array"
    VALUE = "one, spread over several lines"
    GZIP = "compressed with gzip"


_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
)
_MARKUP = ((b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "an XML file"))
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# Where NULs stand among the first characters of JSON text that is not UTF-8.
_WIDE_PATTERNS = (
    (re.compile(rb"(?:[^\0]\0\0\0){2}|(?:\0\0\0[^\0]){2}"), "UTF-32"),
    (re.compile(rb"(?:[^\0]\0){2}(?:(?:[^\0]\0){2}|\Z)|(?:\0[^\0]){2}(?:(?:\0[^\0]){2}|\Z)"), "UTF-16"),
)
_TOKEN = re.compile(rb'("(?:[^"\\]|\\.)*+")(\s*:)?|[{}\[\]]', re.DOTALL)
_MESSAGE_KEYS = {b'"role"', b'"from"', b'"content"', b'"value"'}
_CONVERSATION_KEYS = {b'"messages"', b'"conversations"', b'"conversation"', b'"instruction"', b'"prompt"'}


def sniff(path: Path) -> Kind:
    """The kind of a file. Raises BadFile with what it is where it is none that can be read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(b"\x1f\x8b"):
        return Kind.GZIP
    _refuse_foreign(head)
    text = head.removeprefix(BOM)
    if not text.strip() and len(head) < HEAD_BYTES:
        raise BadFile(NO_RECORDS)
    if b"\r" in text.strip() and b"\n" not in text:
        raise BadFile(
            "its lines end with CR alone (old Mac line ends), which JSON Lines does not know: "
            "save it with line feeds (Unix) or CRLF (Windows)"
        )
    return _kind_of_text(text)


def _refuse_foreign(head: bytes) -> None:
    wide = [name for mark, name in _WIDE_MARKS if head.startswith(mark)]
    wide += [name for pattern, name in _WIDE_PATTERNS if pattern.match(head)]
    if wide:
        raise BadFile(f"the file is encoded in {wide[0]}: save it as UTF-8")
    start = head.removeprefix(BOM).lstrip()[:20].lower()
    names = [name for signature, name in _SIGNATURES if head.startswith(signature)]
    names += [name for signature, name in _MARKUP if start.startswith(signature)]
    if head[257:262] == b"ustar":
        names.append("a tar archive")
    if names:
        raise BadFile(f"the file is {names[0]}, not conversations. {HINT}")


def _kind_of_text(text: bytes) -> Kind:
    text = text.lstrip()
    lines = [line.strip() for line in text.split(b"\n", _LINES_LOOKED_AT) if line.strip()]
    complete = [_is_complete(line) for line in lines]
    if not lines or (complete[0] and len(lines) > 1) or any(first and second for first, second in pairwise(complete)):
        # Nothing follows a whole array, and inside of one two values have a comma between them.
        return Kind.LINES
    if text.startswith(b"["):
        return _kind_of_array(text, lines, complete=complete[0])
    spread = len(lines) > 1 and lines[0][-1:] in b"{[,:" and lines[1].startswith(b'"')
    return Kind.VALUE if text.startswith(b"{") and spread else Kind.LINES


def _kind_of_array(text: bytes, lines: list[bytes], *, complete: bool) -> Kind:
    element = text[1:].lstrip()
    if element.startswith(b"{"):
        if not _is_message(_keys_of_first(element)):
            return Kind.ARRAY
        return Kind.LINES if complete or lines[0][-1:] not in b"[{," else Kind.VALUE
    if element.startswith((b"[", b"]")):
        return Kind.ARRAY
    return Kind.ARRAY if lines[0] == b"[" and len(lines) > 1 else Kind.LINES


def _is_complete(line: bytes) -> bool:
    try:
        return isinstance(decode_line(line), list | dict)
    except BadLine:
        return False


def _is_message(keys: set[bytes]) -> bool:
    return bool(keys & _MESSAGE_KEYS) and not keys & _CONVERSATION_KEYS


def _keys_of_first(element: bytes) -> set[bytes]:
    """The keys, with their quotes, of the object that `element` begins with, as far as it is there."""
    keys: set[bytes] = set()
    depth = 0
    for match in _TOKEN.finditer(element):
        if match[1]:
            if depth == 1 and match[2]:
                keys.add(match[1])
            continue
        depth += 1 if match[0] in b"{[" else -1
        if depth == 0:
            break
    return keys
