"""Imports for tests: a file or a task through the job, as a worker would do it."""

import gzip
import json
from pathlib import Path
from typing import Any

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
