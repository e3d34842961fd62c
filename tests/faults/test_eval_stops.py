"""An evaluation stopped by somebody, by a role that is gone, by a full disk: it keeps what it has, and goes on."""

import time

import pytest

from tests.faults.evaluations import Evaluations, number_line

pytestmark = pytest.mark.faults

QUESTIONS, CONCURRENCY = 96, 4


def test_cancelled_and_resumed(evals: Evaluations) -> None:
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    evals.behave(latency_ms=50)
    run = evals.start(source, endpoint, sample=QUESTIONS)
    run.wait_for_done(30)
    run.press("cancel")
    begun = time.monotonic()
    row = run.wait_for("cancelled")
    assert time.monotonic() - begun < 5
    assert 30 <= row.done < QUESTIONS
    run.assert_counted()
    kept = run.answers()
    run.press("resume")
    run.wait_for()
    run.assert_whole()
    assert kept.items() <= run.answers().items()
    asked = sum(evals.asked().values())
    assert asked <= QUESTIONS + 4 * CONCURRENCY


def test_a_role_taken_away(evals: Evaluations) -> None:
    winnow = evals.winnow
    source, endpoint = evals.numbers(), evals.endpoint(concurrency=CONCURRENCY)
    person = winnow.value("SELECT id FROM accounts_user WHERE username = 'cleo'")
    winnow.holds.set("between", "30")
    run = evals.start(source, endpoint, sample=QUESTIONS)
    winnow.wait_for_hold("between")
    try:
        assert winnow.browser("alma").post(f"/people/{person}/role", {"role": "viewer"}).status in {200, 302}
        winnow.holds.release()
        row = run.wait_for("paused")
        assert row.reason.startswith("Stopped: cleo may no longer do this")
        assert row.reason in winnow.browser("rosa").get(f"/evaluate/{run.id}/").text
        assert 30 <= row.done < QUESTIONS
        run.assert_counted()
        assert winnow.browser().post(f"/evaluate/{run.id}/resume", {}).status == 403
    finally:
        winnow.execute("UPDATE accounts_user SET role = 'curator' WHERE id = ?", person)
    run.press("resume")
    run.wait_for()
    run.assert_whole()


def test_a_full_disk(embedded_evals: Evaluations) -> None:
    evals, winnow = embedded_evals, embedded_evals.winnow
    # Each answer needs a page of its own.
    source = evals.source([number_line(number, "A long question. " * 250) for number in range(QUESTIONS)])
    endpoint = evals.endpoint(concurrency=CONCURRENCY)
    winnow.holds.set("between", "20")
    run = evals.start(source, endpoint, max_tokens=10_000)
    winnow.wait_for_hold("between")
    winnow.worker.kill()
    winnow.holds.release()
    winnow.holds.set("max_pages", str(winnow.value("PRAGMA page_count") + 15))
    winnow.worker.start()
    row = run.wait_for("paused")
    assert "The disk is full" in row.reason
    run.assert_counted()
    assert 20 <= row.done < QUESTIONS
    assert run.claimed().total() == 0
    winnow.holds.release("max_pages")
    run.press("resume")
    run.wait_for()
    run.assert_whole()
