"""The Celery application of fault tests: Winnow's own, with places at which a worker waits (see holding.py).

`chunk`          inside the transaction of a chunk: its rows are written, its progress is not
`between`        before the transaction of a chunk
`lowering`       an export has lowered its first rows
`writing`        an export has handed its first block to the file
`before rename`  the file of an export is synced, not in its place
`renamed`        it is in its place, nothing is recorded
`checking`       before it is read back
`manifest part`  its manifest is written, not in its place
`manifest`       its manifest is beside it, the export is not ready
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tests.faults.holding import Holds
from webapp.celery import app

__all__ = ["app"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup()

from webapp.common import running  # noqa: E402 (needs Django set up)
from webapp.mixtures import exporting, placing, spool, writing  # noqa: E402

holds = Holds(Path(settings.WINNOW_DATA) / "holds")
real_chunk = running.JobRun.chunk
real_write = running.JobRun._write


@contextmanager
def chunk(self: running.JobRun, *, may_end_slice: bool = True) -> Iterator[running.Progress]:
    time.sleep(holds.number("pace"))
    holds.wait("between", reached=self.job.done)
    with real_chunk(self, may_end_slice=may_end_slice) as progress:
        yield progress


def write(self: running.JobRun, progress: running.Progress) -> None:
    holds.wait("chunk", reached=progress.done)
    real_write(self, progress)


def limit_pages(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """A full disk for SQLite: the file may not grow beyond so many pages."""
    if connection.vendor == "sqlite" and (pages := holds.number("max_pages")):
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {int(pages)}")


def hold_around(owner: Any, name: str, *, before: str = "", after: str = "") -> None:
    """Make a function of Winnow a place to wait at."""
    real: Callable[..., Any] = getattr(owner, name)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        if before:
            holds.wait(before)
        result = real(*arguments, **options)
        if after:
            holds.wait(after)
        return result

    setattr(owner, name, wrapped)


hold_around(spool.SpoolWriter, "write", after="lowering")
hold_around(writing.BlockWriter, "write", after="writing")
hold_around(exporting, "place_file", before="before rename", after="renamed")
hold_around(exporting, "read_back", before="checking")
hold_around(placing, "place_file", before="manifest part")
hold_around(exporting, "place_text", after="manifest")
running.JobRun.chunk = chunk  # type: ignore[method-assign]
running.JobRun._write = write  # type: ignore[method-assign]
connection_created.connect(limit_pages)
