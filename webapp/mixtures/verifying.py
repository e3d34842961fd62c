"""Reading an export back from disk, and proving it against its manifest."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError

from tasks_core.customjson import check_line
from webapp.common.errors import WinnowError
from webapp.mixtures.encoding import DAMAGED, open_unpacked
from webapp.mixtures.manifests import parse_manifest, read_manifest, seal_of
from webapp.mixtures.models import Export

BLOCK = 4 * 1024 * 1024
REPORT_LINES = 50_000
PROBLEMS_SHOWN = 20


class CannotCheck(WinnowError):
    """There is nothing to check, or nothing to check it against."""


@dataclass
class FileFacts:
    """What is in a file, packed and unpacked."""

    size: int = 0
    sha256: str = ""
    plain_size: int = 0
    plain_sha256: str = ""
    # CRC-32 of the unpacked bytes.
    check: int = 0
    lines: int = 0
    problems: list[str] = field(default_factory=list)

    def add_problem(self, problem: str) -> None:
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(problem)


def read_back(path: Path, *, on_lines: Callable[[int], None] = lambda lines: None) -> FileFacts:
    """Read a whole file from disk: sizes, SHA-256, and every line by the rules of CustomJSON.

    `on_lines` is called now and then with the number of lines read.
    """
    facts = FileFacts()
    with path.open("rb") as raw:
        packed = hashlib.file_digest(raw, "sha256") if _is_packed(raw) else None
        facts.size = path.stat().st_size
        raw.seek(0)
        plain = hashlib.sha256()
        try:
            _read_lines(open_unpacked(raw), plain, facts, on_lines)
        except DAMAGED as error:
            facts.add_problem(f"the file cannot be unpacked to its end ({error})")
    facts.plain_sha256 = plain.hexdigest()
    facts.sha256 = packed.hexdigest() if packed else facts.plain_sha256
    return facts


def _is_packed(raw: IO[bytes]) -> bool:
    packed = open_unpacked(raw) is not raw
    raw.seek(0)
    return packed


def _read_lines(file: IO[bytes], plain: Any, facts: FileFacts, on_lines: Callable[[int], None]) -> None:
    reported = 0
    for block in _whole_lines(file):
        plain.update(block)
        facts.check = zlib.crc32(block, facts.check)
        facts.plain_size += len(block)
        _check_lines(block, facts)
        if facts.lines - reported >= REPORT_LINES:
            reported = facts.lines
            on_lines(reported)


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Blocks that end with a newline; the last one may not."""
    rest = b""
    while block := file.read(BLOCK):
        end = block.rfind(b"\n") + 1
        if end:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
    if rest:
        yield rest


def _check_lines(block: bytes, facts: FileFacts) -> None:
    lines = block.split(b"\n")
    if lines[-1]:
        facts.add_problem("the last line has no newline: the file is cut short")
    else:
        lines.pop()
    for number, line in enumerate(lines, facts.lines + 1):
        reason = check_line(line) if line else "is blank"
        if reason:
            facts.add_problem(f"line {number:,}: {reason}")
    facts.lines += len(lines)


def verify_file(
    path: Path, manifest_path: Path | None = None, *, on_lines: Callable[[int], None] = lambda lines: None
) -> list[str]:
    """What is wrong with an exported file, in sentences; an empty list where it is what its manifest says.

    Raises CannotCheck when the file or the manifest is missing or is not one.
    """
    manifest_path = manifest_path or path.with_name(f"{path.name}.manifest.json")
    if not path.is_file():
        raise CannotCheck(f"There is no file {path}.")
    manifest = read_manifest(manifest_path)
    if manifest is None:
        raise CannotCheck(f"{manifest_path} is not there, or is not the manifest of an export.")
    return _manifest_problems(manifest) + _file_problems(read_back(path, on_lines=on_lines), manifest)


def _manifest_problems(manifest: dict[str, Any]) -> list[str]:
    problems = []
    if manifest.get("manifest_sha256") != seal_of(manifest):
        problems.append("The manifest was edited: its own SHA-256 does not fit what it says.")
    kept = _kept_manifest(str(manifest.get("export", "")))
    if kept is not None and kept != manifest:
        problems.append("The manifest is not the one that this Winnow keeps for the export.")
    return problems


def _kept_manifest(key: str) -> dict[str, Any] | None:
    try:
        export = Export.objects.filter(key=key).exclude(manifest="").first()
    except (ValueError, ValidationError):
        return None
    return parse_manifest(export.manifest) if export else None


def _file_problems(facts: FileFacts, manifest: dict[str, Any]) -> list[str]:
    file = manifest["file"]
    problems = [
        f"{name} is {found}, the manifest says {said}."
        for name, found, said in (
            ("The size in bytes", f"{facts.size:,}", f"{file['size']:,}"),
            ("The number of lines", f"{facts.lines:,}", f"{file['lines']:,}"),
        )
        if found != said
    ]
    if facts.sha256 != file["sha256"] or facts.plain_sha256 != file["plain_sha256"]:
        problems.append(
            "The file is not the one that was exported: bytes or lines were changed, or put in another order"
            f" (SHA-256 {facts.sha256}, the manifest says {file['sha256']})."
        )
    return problems + [f"The loader would refuse it: {problem}." for problem in facts.problems]
