"""Imports for tests: a file or a task through the job, as a worker would do it."""

import gzip
import json
from pathlib import Path
from typing import Any

from tasks_core.common import Conversation as TaskRow
from tasks_core.common import Task
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions.sources import import_file
from webapp.conversations.models import ImportProblem, Source


def work(job: Job) -> Job:
    """Run a job to its end, as a command does."""
    done = run_slice(job.pk, slice_seconds=None)
    assert done is not None
    return done


def import_bytes(folder: Path, content: bytes, *, name: str = "data.jsonl", **options: Any) -> Job:
    path = folder / name
    path.write_bytes(content)
    return work(import_file(path=path, send=False, **options))


def as_lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def zipped(content: bytes) -> bytes:
    return gzip.compress(content)


def counts(job: Job) -> tuple[int, int, int, int]:
    """Lines read, accepted, duplicates, rejected."""
    names = ("lines", "accepted", "duplicates", "rejected")
    lines, accepted, duplicates, rejected = (job.result.get(name, 0) for name in names)
    return lines, accepted, duplicates, rejected


def problems(job: Job) -> list[str]:
    return [f"line {row.line}: {row.reason}" for row in ImportProblem.objects.filter(job=job).order_by("line")]


def source_of(job: Job) -> Source | None:
    return Source.objects.filter(job=job).first()


class MadeTask(Task):
    """A task whose rows are given; an error among them is raised."""

    def __init__(self, rows: list[Any]) -> None:
        super().__init__()
        self.rows = rows

    @property
    def fingerprint(self) -> str:
        return "sha256:made"

    def num_examples(self) -> int:
        return len(self.rows)

    def get_example(self, index: int) -> TaskRow:
        row = self.rows[index]
        if isinstance(row, Exception):
            raise row
        return row if isinstance(row, dict) else {"messages": row}
