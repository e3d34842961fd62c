"""The base of commands that have a job done: at once with progress, or by a worker; for people or for machines."""

import json
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.common.errors import WinnowError
from webapp.common.models import Job
from webapp.common.running import Cancelled, run_slice
from webapp.common.templatetags.winnow import duration, number

INTERRUPTED = 130
LINE_SECONDS = 5.0  # how often a log gets a line
TERMINAL_SECONDS = 0.2


class JobCommand(BaseCommand):
    """A command is a subclass with `start`, which queues the job, and `summary`, which says what came of it.

    Ends 0 when the job is done (or queued), 1 when it failed, 130 after Ctrl-C: then the job is cancelled and
    `manage.py continue_job` goes on with it.
    """

    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what all such commands take."""
        parser.add_argument("--queue", action="store_true", help="leave the work to a worker and end at once")
        parser.add_argument("--json", action="store_true", help="write the job as JSON to standard output")

    def start(self, options: dict[str, Any]) -> Job:
        """Queue the job; `send` it only for --queue."""
        raise NotImplementedError

    def summary(self, job: Job) -> str:
        """One line about a job that is done."""
        return f"{job.title}: done."

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue the job, and unless --queue says otherwise have it done here."""
        try:
            job = self.start(options)
        except WinnowError as error:
            raise CommandError(str(error)) from None
        if not options["queue"]:
            job = work_on(job)
        self._report(job, options)

    def _report(self, job: Job, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(job.as_dict(), ensure_ascii=False))
        if job.state == Job.State.FAILED:
            raise CommandError(job.error)
        if job.state == Job.State.CANCELLED:
            self.stderr.write(f"Stopped. Go on with: manage.py continue_job {job.pk}")
            sys.exit(INTERRUPTED)
        if not options["json"]:
            queued = f"Queued as job {job.pk}: {job.title}."
            self.stdout.write(queued if options["queue"] else self.summary(job))


def work_on(job: Job) -> Job:
    """Work on a job in this process to its end, with its progress on standard error.

    The first Ctrl-C cancels it after its current chunk. A job that a worker was quicker to take is watched.
    """
    display = Display()
    with _interrupt_sets(display):
        done = run_slice(job.pk, slice_seconds=None, on_progress=display.show)
        while done is None or not done.is_finished():
            done = _look_again(job, display)
    display.end(done)
    return done


def _look_again(job: Job, display: "Display") -> Job:
    """Wait for another process; take the job over when that one died."""
    time.sleep(1)
    found = Job.objects.get(pk=job.pk)
    if display.interrupted:
        raise KeyboardInterrupt
    display.show(found)
    return found if found.is_finished() else run_slice(job.pk, slice_seconds=None, on_progress=display.show) or found


@contextmanager
def _interrupt_sets(display: "Display") -> Iterator[None]:
    """Ctrl-C ends the work between two chunks; the second Ctrl-C ends it at once."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        display.interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Display:
    """Progress on standard error: one line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self.interrupted = False
        self.on_terminal = sys.stderr.isatty()
        self._shown_at = time.monotonic() if not self.on_terminal else 0.0
        self._width = 0

    def show(self, job: Job) -> None:
        """Show where a job stands. Raises Cancelled after Ctrl-C."""
        if self.interrupted:
            raise Cancelled
        now = time.monotonic()
        if now - self._shown_at >= (TERMINAL_SECONDS if self.on_terminal else LINE_SECONDS):
            self._shown_at = now
            self._write(progress_line(job))

    def end(self, job: Job) -> None:
        """Show the last state."""
        self._write(progress_line(job))
        if self.on_terminal:
            sys.stderr.write("\n")

    def _write(self, line: str) -> None:
        if self.on_terminal:
            sys.stderr.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()


def progress_line(job: Job) -> str:
    """`Import a.jsonl: 2,000 of 10,000 lines (20 %), 21,000 a second, 8 s left`."""
    parts = [f"{number(job.done)} of {number(job.total)} {job.unit}" if job.total else f"{number(job.done)} {job.unit}"]
    percent, rate, left = job.percent(), job.rate(), job.seconds_left()
    if percent is not None:
        parts[0] += f" ({percent:.0f} %)"
    if job.step:
        parts.append(job.step)
    if rate is not None:
        parts.append(f"{number(round(rate))} a second")
    if left is not None:
        parts.append(f"{duration(left)} left")
    return f"{job.title}: {', '.join(parts)}"
