"""Two workers at one run, by mistake: only the one that holds the lease writes, and nothing counts twice."""

import pytest

from tests.faults.evaluations import Evaluations
from tests.faults.stack import RECOVERY_SECONDS
from tests.faults.test_leases import deliver, queue_length
from tests.servers import wait_until

pytestmark = pytest.mark.faults

QUESTIONS, CONCURRENCY = 96, 4


def test_delivered_twice_at_once(production_evals: Evaluations) -> None:
    evals, winnow = production_evals, production_evals.winnow
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    evals.behave(latency_ms=30)
    other = winnow.start_worker("other")
    for worker in (winnow.worker, other):
        worker.suspend()
    run = evals.start(source, endpoint, sample=QUESTIONS)
    deliver(winnow, run.job, times=5)
    for worker in (winnow.worker, other):
        worker.resume()
    run.wait_for_done(20)
    fence = winnow.job(run.job).fence
    deliver(winnow, run.job, times=5)
    wait_until(lambda: queue_length(winnow) == 0, what="an empty queue")
    run.wait_for()
    run.assert_whole()
    assert winnow.job(run.job).fence <= fence + 1
    assert set(evals.asked().values()) == {1}


def test_a_worker_that_comes_back_after_its_lease_cannot_write(production_evals: Evaluations) -> None:
    evals, winnow = production_evals, production_evals.winnow
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    evals.behave(latency_ms=30)
    winnow.holds.set("between", "40")
    run = evals.start(source, endpoint, sample=QUESTIONS)
    winnow.wait_for_hold("between")
    winnow.worker.suspend()
    try:
        fence, lost = winnow.job(run.job).fence, run.claimed().total()
        winnow.holds.set("between", "80")
        winnow.start_worker("other")
        winnow.poll(lambda: winnow.job(run.job).fence > fence, RECOVERY_SECONDS, "another worker on the run")
        # The first one comes back while the other one is in the middle.
        winnow.poll(lambda: run.row.done >= 80, RECOVERY_SECONDS, "80 answers")
    finally:
        winnow.holds.release()
        winnow.worker.resume()
    wait_until(lambda: "the lease was lost" in winnow.worker.log, what="the first worker to be refused")
    run.wait_for()
    run.assert_whole()
    assert sum(evals.asked().values()) <= QUESTIONS + lost + 2 * CONCURRENCY
