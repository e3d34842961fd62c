"""Time find and replace in the database of this process; prints JSON. Not run by hand: see bench_replacing."""

import json
import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup()

from webapp.common.models import Job  # noqa: E402
from webapp.common.running import run_slice  # noqa: E402
from webapp.conversations.actions.replacing import (  # noqa: E402
    preview_replacing,
    start_replacing,
    undo_replacing,
)
from webapp.conversations.finding import Wanted  # noqa: E402

#: Most texts hold a word with these letters.
COMMON = "er"
Line = tuple[str, int, float, float]


def main() -> None:
    """Measure, print."""
    lines: list[Line] = []
    absent = Wanted("a text that is nowhere", "x")
    _timed("looked through, found nowhere", preview_replacing(wanted=absent, chosen={}, by=None), lines)
    common = Wanted(COMMON, "replaced", roles=("assistant",))
    previewed = _timed("previewed, in every one", preview_replacing(wanted=common, chosen={}, by=None), lines)
    expression = Wanted(rf"\b({common.find})(\w*)", r"\2\1", roles=("assistant",), regex=True)
    _timed("previewed, by an expression", preview_replacing(wanted=expression, chosen={}, by=None), lines)
    done = _timed("replaced", start_replacing(previewed=previewed, by=None), lines, counted="changed")
    _timed("put back", undo_replacing(job=done, by=None), lines, counted="changed")
    print(json.dumps(lines))


def _timed(title: str, job: Job, lines: list[Line], *, counted: str = "total") -> Job:
    begun, processor = time.monotonic(), time.process_time()
    ended = run_slice(job.pk, slice_seconds=None)
    assert ended is not None
    assert ended.state == Job.State.DONE, ended.error
    lines.append((title, ended.result.get(counted, 0), time.monotonic() - begun, time.process_time() - processor))
    return ended


if __name__ == "__main__":
    main()
