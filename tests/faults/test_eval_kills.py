"""An evaluation whose worker is killed or asked to end: every question has one result, and few are asked twice."""

import time
from collections.abc import Callable

import psutil
import pytest

from tests.faults.evaluations import Evaluations, Run, code_line, is_gone, number_line, sandboxes
from tests.faults.stack import RECOVERY_SECONDS, Stack

pytestmark = pytest.mark.faults

QUESTIONS, CONCURRENCY = 96, 4
#: Where the worker stands when it is killed: at which share, between chunks or inside a transaction.
MOMENTS = ((0.1, "between"), (0.5, "chunk"), (0.9, "between"))


def kill_child(winnow: Stack) -> None:
    """The process that asks, not its parent. What it has started is left to end by itself."""
    for child in psutil.Process(winnow.worker.pid).children():
        child.kill()


def kill_worker(winnow: Stack) -> None:
    """Parent and child; what watches over them starts them again."""
    processes = [psutil.Process(winnow.worker.pid), *psutil.Process(winnow.worker.pid).children()]
    for process in processes:
        process.kill()
    left = winnow.worker.process
    assert left
    left.wait(10)
    winnow.worker.process = None
    winnow.worker.start()


def mixed_lines() -> list[str]:
    """Numbers, and some programs among them, which need the sandbox."""
    return [code_line(number) if number % 6 == 0 else number_line(2000 + number) for number in range(QUESTIONS)]


@pytest.mark.parametrize("kill", [kill_child, kill_worker])
def test_an_evaluation_survives_kills(evals: Evaluations, kill: Callable[[Stack], None]) -> None:
    winnow = evals.winnow
    source = evals.source(mixed_lines())
    evals.behave(latency_ms=50)
    run = evals.start(source, evals.endpoint(concurrency=CONCURRENCY))
    asked_twice, walls = 0, []
    for share, place in MOMENTS:
        winnow.holds.set(place, str(int(share * QUESTIONS)))
        winnow.wait_for_hold(place)
        walls += sandboxes(winnow)
        kill(winnow)
        winnow.holds.release()
        asked_twice += in_flight(run)
    run.wait_for()
    run.assert_whole()
    assert walls
    winnow.poll(lambda: all(map(is_gone, walls)), RECOVERY_SECONDS, "the end of the sandboxes of the dead")
    asked = evals.asked()
    assert len(asked) == QUESTIONS
    assert sum(asked.values()) <= QUESTIONS + asked_twice
    assert max(asked.values()) <= 1 + len(MOMENTS)


def test_a_worker_that_is_asked_to_end_gives_its_run_back(evals: Evaluations) -> None:
    winnow = evals.winnow
    evals.behave(latency_ms=50)
    run = evals.start(evals.source(mixed_lines()), evals.endpoint(concurrency=CONCURRENCY))
    run.wait_for_done(QUESTIONS // 3)
    walls = sandboxes(winnow)
    assert walls
    begun = time.monotonic()
    winnow.worker.stop()
    assert time.monotonic() - begun < 15
    job = winnow.job(run.job)
    assert (job.state, job.lease_until, job.attempts) == ("queued", None, 0)
    winnow.poll(lambda: all(map(is_gone, walls)), RECOVERY_SECONDS, "the end of the sandboxes")
    kept, asked_twice = run.answers(), in_flight(run)
    winnow.worker.start()
    run.wait_for()
    run.assert_whole()
    assert kept.items() <= run.answers().items()
    assert sum(evals.asked().values()) <= QUESTIONS + asked_twice


def in_flight(run: Run) -> int:
    """What the dead worker had claimed and not written: more than that is never asked again."""
    claimed = run.claimed()
    # At 50 ms an answer: twice the places are kept ready, five times as many for the quarter of a second ahead, and
    # twice as many may have been answered since the last write.
    assert all(0 < count <= 9 * CONCURRENCY for count in claimed.values())
    return claimed.total()
