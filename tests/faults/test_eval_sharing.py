"""Several workers, one endpoint: all of them ask, nothing is asked twice, and the endpoint's limit holds for all."""

import pytest

from tests.faults.evaluations import Evaluations, number_line
from tests.faults.stack import RECOVERY_SECONDS

pytestmark = pytest.mark.faults

CONCURRENCY = 6


def start_two_workers(evals: Evaluations) -> None:
    """In place of the one, and each may call the other."""
    winnow = evals.winnow
    winnow.worker.stop()
    workers = [winnow.start_worker(name, wait=False, environment={"EVAL_WORKERS": "2"}) for name in ("one", "two")]
    for worker in workers:
        worker.wait_ready()


def test_workers_share_a_run(evals: Evaluations) -> None:
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    start_two_workers(evals)
    evals.behave(latency_ms=60)
    run = evals.start(source, endpoint)
    evals.winnow.poll(lambda: len(run.claimed()) == 2, RECOVERY_SECONDS, "two jobs with claims")
    run.wait_for()
    run.assert_whole()
    assert run.helpers() >= 1
    asked = evals.asked()
    assert (len(asked), set(asked.values())) == (400, {1})
    assert 1 < evals.model.stats()["at_once"] <= CONCURRENCY


def test_runs_share_an_endpoint(evals: Evaluations) -> None:
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    more = evals.source([number_line(number) for number in range(400, 600)])
    start_two_workers(evals)
    evals.behave(latency_ms=60)
    runs = [evals.start(source, endpoint), evals.start(more, endpoint)]
    evals.winnow.poll(lambda: all(run.claimed() for run in runs), RECOVERY_SECONDS, "two runs with claims")
    for run in runs:
        run.wait_for()
        run.assert_whole()
    # A run begins with a probe, which asks one question at a time beside the other run.
    assert 1 < evals.model.stats()["at_once"] <= CONCURRENCY + 1
    assert set(evals.asked().values()) == {1}
