"""Redis stopped, twice, and Redis emptied: pages answer, jobs wait, nothing is lost and nothing is run twice."""

import time

import pytest
import redis

from tests.faults.files import known_file
from tests.faults.outcomes import assert_imported
from tests.faults.stack import FULL_LENGTH, RECOVERY_SECONDS, REPUBLISH_SECONDS, Stack

pytestmark = pytest.mark.faults

AWAY_SECONDS = 60 if FULL_LENGTH else 4
PAGES = ("/", "/sources/", "/jobs/", "/sources/import/?from=upload")


def test_redis_stopped_twice(production_winnow: Stack) -> None:
    winnow = production_winnow
    pids = (winnow.worker.pid, winnow.beat.pid)
    for time_away in ("first", "second"):
        running = known_file(f"running {time_away}", 30_000)
        waiting = known_file(f"waiting {time_away}", 2_000)
        running_id = winnow.browser().upload(running.content).job
        winnow.wait_for_progress(running_id, 0.1)
        winnow.broker.kill()
        gone = time.monotonic()
        waiting_id = submit_without_broker(winnow, waiting.content)
        pages_answer(winnow)
        time.sleep(max(0, AWAY_SECONDS - (time.monotonic() - gone)))
        pages_answer(winnow)
        assert winnow.job(waiting_id).state == "queued"
        winnow.broker.start()
        winnow.wait_for_job(running_id, seconds=AWAY_SECONDS + RECOVERY_SECONDS)
        winnow.wait_for_job(waiting_id)
        assert_imported(winnow, running_id, running)
        assert_imported(winnow, waiting_id, waiting)
        assert winnow.job(waiting_id).fence == 1
    assert (winnow.worker.pid, winnow.beat.pid) == pids


def test_redis_that_does_not_answer(production_winnow: Stack) -> None:
    winnow = production_winnow
    file = known_file("frozen broker", 1_000)
    winnow.broker.suspend()
    try:
        job_id = submit_without_broker(winnow, file.content)
        pages_answer(winnow)
    finally:
        winnow.broker.resume()
    winnow.wait_for_job(job_id)
    assert_imported(winnow, job_id, file)


def submit_without_broker(winnow: Stack, content: bytes) -> int:
    """Whoever submits a job hears at once that it waits."""
    begun = time.monotonic()
    job_id = winnow.browser().upload(content).job
    page = winnow.browser().get(f"/jobs/{job_id}/")
    assert "waiting" in page.text.lower()
    assert time.monotonic() - begun < 2
    return job_id


def pages_answer(winnow: Stack) -> None:
    for path in PAGES:
        answer = winnow.browser().get(path)
        assert answer.status == 200
        assert answer.seconds < 2


def test_redis_emptied(production_winnow: Stack) -> None:
    winnow = production_winnow
    running = known_file("emptied while running", 30_000)
    waiting = [known_file(f"emptied {number}", 1_000) for number in range(3)]
    running_id = winnow.browser().upload(running.content).job
    winnow.wait_for_progress(running_id, 0.2)
    winnow.worker.kill()
    job_ids = [winnow.browser().upload(file.content).job for file in waiting]
    with redis.Redis.from_url(winnow.installation.environment["REDIS_URL"]) as client:
        client.flushall()
    winnow.worker.start()
    for job_id, file in zip([running_id, *job_ids], [running, *waiting], strict=True):
        winnow.wait_for_job(job_id, seconds=REPUBLISH_SECONDS + RECOVERY_SECONDS)
        assert_imported(winnow, job_id, file)
