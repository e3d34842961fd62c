"""The Celery application of fault tests: Winnow's own, with places at which a worker waits (see holding.py).

`chunk`       inside the transaction of a chunk: its rows are written, its progress is not
`between`     before the transaction of a chunk
"""

import os
import time
from collections.abc import Iterator
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


running.JobRun.chunk = chunk  # type: ignore[method-assign]
running.JobRun._write = write  # type: ignore[method-assign]
connection_created.connect(limit_pages)
