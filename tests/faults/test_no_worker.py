"""No worker: every page says so within 30 seconds, and stops saying so when there is one again."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

PAGES = ("/", "/sources/", "/sources/import/?from=upload", "/conversations/", "/mixtures/", "/jobs/", "/people")
BANNER = "No worker is running"


def has_banner(winnow: Stack, path: str) -> bool:
    answer = winnow.browser("alma").get(path)
    assert answer.status == 200, path
    return BANNER in answer.text


def kill(winnow: Stack) -> None:
    winnow.worker.kill()


def freeze(winnow: Stack) -> None:
    """A worker that is there but does nothing."""
    for child in winnow.worker.children():
        os.kill(child.pid, signal.SIGSTOP)


@pytest.mark.parametrize("stop", [kill, freeze])
def test_pages_say_that_no_worker_runs(winnow: Stack, stop: Callable[[Stack], None]) -> None:
    assert not any(has_banner(winnow, path) for path in PAGES)
    stop(winnow)
    stopped = time.monotonic()
    winnow.poll(lambda: all(has_banner(winnow, path) for path in PAGES), 30, "the banner on every page")
    assert time.monotonic() - stopped < 30
    assert '"worker": false' in winnow.browser().get("/readyz").text
    # The menu that open pages fetch again and again brings it too.
    assert BANNER in winnow.browser().get("/jobs/menu").text
    winnow.worker.kill()
    winnow.worker.start()
    winnow.poll(lambda: not any(has_banner(winnow, path) for path in PAGES), 30, "the end of the banner")
