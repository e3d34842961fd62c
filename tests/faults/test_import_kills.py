"""An import whose worker is killed or asked to end: no row is lost, none is there twice."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.files import known_file
from tests.faults.outcomes import assert_imported
from tests.faults.stack import LEASE_SECONDS, Stack

pytestmark = pytest.mark.faults

SHARES = (0.1, 0.5, 0.9)


def kill_child(winnow: Stack) -> None:
    """The process that works on the job, not its parent."""
    for child in winnow.worker.children():
        os.kill(child.pid, signal.SIGKILL)


def kill_worker(winnow: Stack) -> None:
    """Parent and child; what watches over them starts them again."""
    winnow.worker.kill()
    winnow.worker.start()


@pytest.mark.parametrize("kill", [kill_child, kill_worker])
def test_an_import_survives_kills(winnow: Stack, kill: Callable[[Stack], None]) -> None:
    file = known_file(kill.__name__, 40_000)
    job_id = winnow.browser().upload(file.content).job
    for share in SHARES:
        winnow.wait_for_progress(job_id, share)
        kill(winnow)
    winnow.wait_for_job(job_id)
    assert_imported(winnow, job_id, file)


def test_a_kill_inside_a_transaction_leaves_nothing_of_it(winnow: Stack) -> None:
    file = known_file("inside", 10_000)
    winnow.holds.set("chunk", "4000")
    job_id = winnow.browser().upload(file.content).job
    os.kill(winnow.wait_for_hold("chunk"), signal.SIGKILL)
    winnow.holds.release()
    winnow.wait_for_job(job_id)
    assert_imported(winnow, job_id, file)


def test_the_same_file_again_after_a_crash_adds_nothing(winnow: Stack) -> None:
    file = known_file("again", 20_000)
    job_id = winnow.browser().upload(file.content).job
    winnow.wait_for_progress(job_id, 0.5)
    kill_child(winnow)
    winnow.wait_for_job(job_id)
    rows = winnow.value("SELECT count(*) FROM conversations_conversation")
    second = winnow.browser().upload(file.content, name="other name.jsonl").job
    job = winnow.wait_for_job(second)
    assert winnow.value("SELECT count(*) FROM conversations_conversation") == rows
    assert not job.result.get("accepted")
    assert "already" in winnow.browser().get(f"/sources/import/{second}/").text
    assert_imported(winnow, job_id, file)


def test_a_worker_that_is_asked_to_end_gives_its_job_back(winnow: Stack) -> None:
    file = known_file("sigterm", 40_000)
    job_id = winnow.browser().upload(file.content).job
    winnow.wait_for_progress(job_id, 0.2)
    begun = time.monotonic()
    winnow.worker.stop()
    assert time.monotonic() - begun < 10
    job = winnow.job(job_id)
    assert (job.state, job.lease_until, job.attempts) == ("queued", None, 0)
    winnow.worker.start()
    winnow.wait_for_job(job_id, seconds=LEASE_SECONDS + 30)
    assert_imported(winnow, job_id, file)
