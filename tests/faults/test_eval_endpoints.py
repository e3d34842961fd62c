"""Endpoints that fail in every way: bounded tries, an error of its own kind, never a wrong answer, nothing lost."""

import re

import psutil
import pytest

from tests.faults.evaluations import Evaluations, Run, number_line
from tests.faults.stack import RECOVERY_SECONDS

pytestmark = pytest.mark.faults

#: A word in the question, by which the stand-in fails in this way, and the kind of error that it must become.
KINDS = {
    "500": "http_500", "trickle": "timeout", "silence": "timeout", "html": "html", "empty": "empty",
    "garbage": "garbage", "cut": "cut_stream", "close": "closed", "huge": "too_large",
}  # fmt: skip
OF_NANOCHAT = KINDS | {"empty": "garbage", "garbage": "garbage"}
FAULT_BY = {f"[{fault}]": fault for fault in KINDS}
GOOD, TRIES = 31, 2
MEGABYTE = 1024 * 1024


def failing_lines() -> list[str]:
    """Good questions, and one for each fault among them."""
    words = [f"[{fault}]" for fault in KINDS]
    return [number_line(1000 + number, word) for number, word in enumerate([*words, *[""] * GOOD])]


@pytest.mark.parametrize("adapter", ["openai", "nanochat"])
def test_every_failure_is_an_error_of_its_kind(evals: Evaluations, adapter: str) -> None:
    source, winnow = evals.source(failing_lines()), evals.winnow
    address = evals.model.address if adapter == "openai" else evals.model.nanochat_address
    evals.behave(fault_by=FAULT_BY)
    endpoint = evals.endpoint(adapter=adapter, address=address, timeout_seconds=2, tries=TRIES)
    run = evals.start(source, endpoint)
    peaks = [memory_of_worker(evals)]

    def is_over() -> bool:
        peaks.append(memory_of_worker(evals))
        return run.row.state == "done"

    winnow.poll(is_over, 2 * RECOVERY_SECONDS, "the end of the run")
    # A body of 1 GB never lies in memory: the most that is read are 8 MB.
    assert max(peaks) - peaks[0] < 150 * MEGABYTE
    run.assert_whole(right=GOOD, error=len(KINDS))
    kinds = list((KINDS if adapter == "openai" else OF_NANOCHAT).values())
    assert run.kinds() == {kind: kinds.count(kind) for kind in kinds}
    asked = evals.asked()
    assert [asked[text] for text in evals.questions] == [TRIES] * len(KINDS) + [1] * GOOD
    assert_accuracy_is_without_errors(run)
    evals.behave(fault_by={})
    evals.model.reset()
    run.press("retry")
    run.wait_for()
    run.assert_whole()
    assert dict(evals.asked()) == dict.fromkeys(evals.questions[: len(KINDS)], 1)


def memory_of_worker(evals: Evaluations) -> int:
    """Bytes of the process that asks."""
    return sum(child.memory_info().rss for child in psutil.Process(evals.winnow.worker.pid).children())


def assert_accuracy_is_without_errors(run: Run) -> None:
    page = run.evals.winnow.browser().get(f"/evaluate/{run.id}/").text
    shown = re.search(r'class="big-number">\s*([^<]*?)\s*<', page)
    assert shown
    assert shown[1].startswith("100"), shown[1]


def test_too_many_requests_are_waited_out(evals: Evaluations) -> None:
    source, endpoint = evals.numbers(), evals.endpoint()
    evals.behave(fault="429", fault_after=30, fault_times=1, retry_after="2")
    run = evals.start(source, endpoint, sample=60)
    run.wait_for()
    run.assert_whole()
    stats = evals.model.stats()
    gaps = [later - earlier for earlier, later in zip(stats["times"], stats["times"][1:], strict=False)]
    # What had been sent when the answer came is there within a moment; then nothing, for as long as it said.
    assert max(gaps) > 1.9
    assert stats["faults"] == {"429": 1}
    assert sum(evals.asked().values()) in {60, 61}  # 60, where it was the probe that was told to wait


def test_a_dead_server_pauses_the_run(evals: Evaluations) -> None:
    source, endpoint = evals.numbers(), evals.endpoint(tries=TRIES)
    evals.behave(latency_ms=40)
    run = evals.start(source, endpoint, sample=96)
    run.wait_for_done(30)
    evals.model.kill()
    row = run.wait_for("paused")
    assert "questions in a row failed" in row.reason
    assert "nothing answers at this address" in row.reason
    run.assert_counted()
    errors = run.outcomes().get("error", 0)
    assert errors < 10
    assert run.outcomes().get("right") == row.done - errors
    assert run.outcomes().get("") == row.total - row.done
    evals.model.start()
    evals.behave(rule="echo")
    run.press("resume")
    run.wait_for()
    assert set(run.outcomes()) <= {"right", "error"}
    # The server has begun to count anew: what had an outcome was not asked for again.
    assert (sum(evals.asked().values()), set(evals.asked().values())) == (row.total - row.done, {1})
    if errors:
        run.press("retry")
        run.wait_for()
    run.assert_whole()


def test_the_last_questions_of_a_run_may_fail(evals: Evaluations) -> None:
    """As many as stop the run, and none behind them that would say so."""
    source, endpoint = evals.numbers(), evals.endpoint(tries=1)
    evals.behave(fault_by={"Say this back": "500"})
    run = evals.start(source, endpoint, sample=10)
    run.wait_for("paused")
    evals.behave(fault_by={})
    run.press("resume")
    run.wait_for()
    run.press("retry")
    run.wait_for()
    run.assert_whole()


def test_a_name_that_leads_nowhere(evals: Evaluations) -> None:
    source, nowhere = evals.numbers(), "http://nobody.invalid:8000/v1"
    run = evals.start(source, evals.endpoint(address=nowhere), sample=8)
    assert "name of the server was not found" in run.wait_for("paused").reason
    assert run.outcomes() == {"": 8}
    # The name is gone only when the run has begun.
    evals.behave(latency_ms=50)
    run = evals.start(source, evals.endpoint(concurrency=1), sample=8)
    run.wait_for_done(1)
    run.press("cancel")
    done = run.wait_for("cancelled").done
    move(run, evals.model.address, nowhere)
    run.press("resume")
    run.wait_for()
    run.assert_whole(right=done, error=8 - done)
    assert run.kinds() == {"dns": 8 - done}
    move(run, nowhere, evals.model.address)
    run.press("retry")
    run.wait_for()
    run.assert_whole()


def move(run: Run, old: str, new: str) -> None:
    """Change the address of the endpoint, and what the run has fixed of it at its start."""
    winnow = run.evals.winnow
    kind = "jsonb" if winnow.postgres else "text"
    changed = f"CAST(replace(CAST(configuration AS text), ?, ?) AS {kind})"
    winnow.execute(f"UPDATE evals_evalrun SET configuration = {changed} WHERE id = ?", old, new, run.id)
    of_run = "id = (SELECT endpoint_id FROM evals_evalrun WHERE id = ?)"
    winnow.execute(f"UPDATE evals_modelendpoint SET address = ? WHERE {of_run}", new, run.id)
