"""Several workers, one endpoint: all of them ask, nothing is asked twice, and the endpoint's limit holds for all."""

import pytest

from tests.faults.evaluations import Evaluations, number_line
from tests.faults.stack import RECOVERY_SECONDS

pytestmark = pytest.mark.faults

CONCURRENCY = 6


def test_workers_share_a_run(evals: Evaluations) -> None:
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    evals.winnow.start_worker("other")
    evals.behave(latency_ms=50)
    run = evals.start(source, endpoint)
    evals.winnow.poll(lambda: len(run.claimed()) == 2, RECOVERY_SECONDS, "two jobs with claims")
    run.wait_for()
    run.assert_whole()
    assert run.helpers() >= 1
    asked = evals.asked()
    assert (len(asked), set(asked.values())) == (400, {1})
    assert 1 < at_once(evals) <= CONCURRENCY


def test_runs_share_an_endpoint(evals: Evaluations) -> None:
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    more = evals.source([number_line(number) for number in range(400, 600)])
    evals.winnow.start_worker("other")
    evals.behave(latency_ms=50)
    first = evals.start(source, endpoint)
    evals.winnow.poll(lambda: at_once(evals) == CONCURRENCY, RECOVERY_SECONDS, "one run that takes all places")
    second = evals.start(more, endpoint)
    evals.winnow.poll(lambda: bool(second.claimed()), RECOVERY_SECONDS, "the other run to ask")
    assert first.row.state == "running"
    for run in (first, second):
        run.wait_for()
        run.assert_whole()
    # A run begins with a probe, which asks one question at a time beside the other run.
    assert at_once(evals) <= CONCURRENCY + 1
    assert set(evals.asked().values()) == {1}


def at_once(evals: Evaluations) -> int:
    """The most questions that the server was asked at the same time."""
    found: int = evals.model.stats()["at_once"]
    return found
