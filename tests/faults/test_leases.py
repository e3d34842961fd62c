"""Two workers and one job: only the one that holds the lease, by the database's clock, can write."""

import shutil
import subprocess
from pathlib import Path

import pytest
import redis
from celery import Celery

from tests.faults.files import known_file
from tests.faults.outcomes import assert_imported
from tests.faults.stack import LEASE_SECONDS, RECOVERY_SECONDS, Stack
from tests.servers import wait_until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def wrong_clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that moves the clock of the processes that load it."""
    compiler = shutil.which("cc") or pytest.skip("no C compiler here")
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, Path(__file__).with_name("clock.c")], check=True)
    return library


def deliver(winnow: Stack, job_id: int, *, times: int) -> None:
    """Send the message about a job again, as a broker may that lost an acknowledgement."""
    fence = winnow.job(job_id).fence
    with Celery(broker=winnow.installation.environment["REDIS_URL"]) as app:
        for _ in range(times):
            app.send_task("webapp.common.jobs.run_job", (job_id, fence))


def queue_length(winnow: Stack) -> int:
    """Messages that no worker has taken yet."""
    with redis.Redis.from_url(winnow.installation.environment["REDIS_URL"]) as client:
        length: int = client.llen("celery")
        return length


def test_a_job_delivered_twice_at_once_runs_once(production_winnow: Stack) -> None:
    winnow = production_winnow
    file = known_file("twice", 6_000)
    winnow.worker.stop()
    workers = [winnow.start_worker(name, environment={"JOB_LEASE_SECONDS": "60"}) for name in ("one", "two")]
    for worker in workers:
        worker.suspend()
    winnow.holds.set("chunk", "4000")
    job_id = winnow.browser().upload(file.content).job
    deliver(winnow, job_id, times=5)
    for worker in workers:
        worker.resume()
    winnow.wait_for_hold("chunk")
    fence = winnow.job(job_id).fence
    # The other worker takes what is left in the queue, and leaves the job alone.
    wait_until(lambda: queue_length(winnow) == 0, what="an empty queue")
    assert winnow.job(job_id).fence == fence
    winnow.holds.release()
    winnow.wait_for_job(job_id)
    assert_imported(winnow, job_id, file)


@pytest.mark.parametrize("place", ["between", "chunk"])
def test_a_worker_that_comes_back_after_its_lease_cannot_write(production_winnow: Stack, place: str) -> None:
    winnow = production_winnow
    file = known_file(f"frozen {place}", 10_000)
    winnow.holds.set(place, "4000")
    job_id = winnow.browser().upload(file.content).job
    winnow.wait_for_hold(place)
    winnow.worker.suspend()
    try:
        fence = winnow.job(job_id).fence
        winnow.start_worker("other")
        winnow.poll(lambda: winnow.job(job_id).fence > fence, RECOVERY_SECONDS, "another worker on the job")
        winnow.wait_for_job(job_id)
    finally:
        winnow.holds.release()
        winnow.worker.resume()
    refused = ("the lease was lost", "the database did not answer")
    wait_until(lambda: any(words in winnow.worker.log for words in refused), what="the first worker to be refused")
    assert_imported(winnow, job_id, file)


@pytest.mark.parametrize("hours", [1, -1])
def test_leases_use_the_time_of_the_database(production_winnow: Stack, wrong_clock: Path, hours: int) -> None:
    winnow = production_winnow
    winnow.worker.stop()
    clock = {"LD_PRELOAD": str(wrong_clock), "CLOCK_OFFSET": str(hours * 3600)}
    fast = winnow.start_worker("fast", environment=clock)
    file = known_file(f"clock {hours}", 6_000)
    winnow.holds.set("chunk", "4000")
    job_id = winnow.browser().upload(file.content).job
    winnow.wait_for_hold("chunk")
    left = "SELECT extract(epoch FROM lease_until - now()) FROM common_job WHERE id = ?"
    assert 0 < winnow.value(left, job_id) <= LEASE_SECONDS
    # What runs is not taken away by the other clock, and what was left is brought back by it.
    fence = winnow.job(job_id).fence
    fast.kill()
    winnow.holds.release()
    winnow.start_worker("fast again", environment=clock)
    winnow.wait_for_job(job_id)
    assert winnow.job(job_id).fence > fence
    assert_imported(winnow, job_id, file)
