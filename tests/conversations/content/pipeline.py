"""An import without a database: a file's bytes in, records and refusals out."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webapp.conversations.content.files import LINE_LIMIT, read_lines
from webapp.conversations.content.records import Record, parse_line
from webapp.conversations.content.shapes import BadLine
from webapp.conversations.content.unpacking import prepare

GOOD = b'[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]'
GOOD_TEXT = GOOD.decode()


@dataclass
class Imported:
    accepted: list[Record] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)
    unit: str = "line"
    problem: str = ""

    @property
    def texts(self) -> list[str]:
        return [record.text for record in self.accepted]


def import_file(path: Path, *, limit: int = LINE_LIMIT, output_limit: int = 10**9) -> Imported:
    prepared = prepare(path, path.with_name("unpacked.jsonl"), output_limit=output_limit)
    result = Imported(unit=prepared.unit, problem=prepared.problem)
    for line in read_lines(prepared.path, limit=limit):
        try:
            if line.problem:
                raise BadLine(line.problem)
            result.accepted.append(parse_line(line.raw))
        except BadLine as error:
            result.rejected[line.number] = str(error)
    return result


def import_bytes(folder: Path, data: bytes, **limits: int) -> Imported:
    path = folder / "upload"
    path.write_bytes(data)
    return import_file(path, **limits)


def refusal(raw: bytes | str) -> str:
    """Why a line is refused."""
    try:
        record = parse_line(raw.encode() if isinstance(raw, str) else raw)
    except BadLine as error:
        return str(error)
    raise AssertionError(f"it was accepted: {record}")


def record(value: Any) -> Record:
    return parse_line(json.dumps(value).encode())


def messages(value: Any) -> Any:
    return json.loads(record(value).text)


def turn(role: str, content: Any, **others: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **others}


USER, ANSWER = turn("user", "Hi"), turn("assistant", "Hello")
