"""Asking from a process of its own: the same results, an exact count of what is open, and no process left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evals.asking.helpers import HERE, KEY, QUICK, question, reply_of
from tests.servers import ROOT, free_port, wait_until
from tests.standin import StandIn
from webapp.evals.asking.apart import AskerApart
from webapp.evals.asking.questions import Connection, Failure, Reply, Result

pytestmark = pytest.mark.once

Connect = Callable[..., Connection]


def _take_all(asker: AskerApart, count: int) -> dict[int, Result]:
    found: dict[int, Result] = {}
    ends = time.monotonic() + 30
    while len(found) < count and time.monotonic() < ends:
        found.update(asker.take(0.2))
    return found


def _pid(asker: AskerApart) -> int:
    return asker._process.pid


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_every_question_comes_back_once_with_its_own_answer(server: StandIn, connect: Connect) -> None:
    server.behave(rule="echo", latency_ms=2)
    with AskerApart(connect(concurrency=16), HERE) as asker:
        assert asker.room(0) == 32
        for ticket in range(300):
            asker.submit(ticket, question(f"Question {ticket} " + "long " * 5_000))
        found = _take_all(asker, 300)
        assert asker.room(10) == 42
        assert asker.open == 0
    assert all(reply_of(result).text.startswith(f"Question {ticket} ") for ticket, result in found.items())
    assert len(found) == server.stats()["total"] == 300
    assert 1 < server.stats()["at_once"] <= 16


def test_it_is_hungry_until_it_holds_more_than_may_be_open(server: StandIn, connect: Connect) -> None:
    server.behave(latency_ms=10_000)
    with AskerApart(connect(concurrency=3), HERE) as asker:
        for ticket in range(3):
            assert asker.is_hungry
            asker.submit(ticket, question())
        assert asker.is_hungry
        asker.submit(3, question())
        assert not asker.is_hungry


def test_after_a_smaller_cap_open_is_what_the_server_has(server: StandIn, connect: Connect) -> None:
    server.behave(latency_ms=10_000)
    with AskerApart(connect(concurrency=8), HERE) as asker:
        for ticket in range(20):
            asker.submit(ticket, question())
        asker.take(0.01)
        asker.set_cap(2)  # the process may not even have begun
        open_then = asker.open
        time.sleep(0.5)
        asker.take(0)
        assert asker.open == open_then == server.stats()["open"]
        assert asker.room(0) == 0


def test_it_says_why_it_stopped_and_gives_all_back(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    gone = connect(address=f"http://127.0.0.1:{free_port()}/v1", tries=1)
    with AskerApart(gone, HERE, pace=QUICK) as asker:
        for ticket in range(30):
            asker.submit(ticket, question())
        found = _take_all(asker, 30)
        assert asker.stopped is not None
        assert asker.stopped.kind == "breaker"
        assert asker.room(5) == 0
    assert len(found) == 30
    assert "An endpoint is not asked any more" in caplog.text


def test_a_wait_that_the_server_asks_for_is_known_here(server: StandIn, connect: Connect) -> None:
    server.behave(fault="429", retry_after="60")
    with AskerApart(connect(), HERE) as asker:
        asker.submit(0, question())
        wait_until(lambda: bool(asker.take(0.1)) or asker.waiting_until is not None, seconds=15)
        assert asker.waiting_until is not None


def test_a_killed_process_gives_back_what_it_was_asking(server: StandIn, connect: Connect) -> None:
    server.behave(latency_ms=10_000)
    with AskerApart(connect(), HERE) as asker:
        for ticket in range(5):
            asker.submit(ticket, question())
        asker.take(0)
        wait_until(lambda: server.stats()["open"] > 0, seconds=15)
        os.kill(_pid(asker), signal.SIGKILL)
        found = _take_all(asker, 5)
        assert all(isinstance(result, Failure) and result.pauses for result in found.values())
        assert len(found) == 5
        asker.submit(9, question())
        assert set(_take_all(asker, 1)) == {9}


def test_close_ends_the_process_at_once(server: StandIn, connect: Connect) -> None:
    server.behave(fault="silence")
    with AskerApart(connect(timeout_seconds=60), HERE) as asker:
        for ticket in range(4):
            asker.submit(ticket, question())
        asker.take(0)
        wait_until(lambda: server.stats()["open"] > 0, seconds=15)
        pid = _pid(asker)
        begun = time.monotonic()
    assert time.monotonic() - begun < 4
    assert not _is_running(pid)
    wait_until(lambda: server.stats()["open"] == 0, seconds=15, what="the server to see that nobody listens")


def test_while_the_worker_says_nothing_no_more_is_asked(server: StandIn, connect: Connect) -> None:
    server.behave(latency_ms=50)
    with AskerApart(connect(concurrency=1), HERE, silent_seconds=0.3) as asker:
        for ticket in range(100):
            asker.submit(ticket, question())
        asker.take(0)
        wait_until(lambda: server.stats()["total"] > 0, seconds=15)
        time.sleep(1.5)  # as a frozen worker does
        asked = server.stats()["total"]
        assert asked < 20
        time.sleep(0.5)
        assert server.stats()["total"] == asked
        asker.set_cap(1)
        wait_until(lambda: server.stats()["total"] > asked, seconds=10)


def test_an_interrupt_is_left_to_the_worker(server: StandIn, connect: Connect) -> None:
    with AskerApart(connect(), HERE) as asker:
        asker.submit(0, question())
        assert len(_take_all(asker, 1)) == 1
        os.kill(_pid(asker), signal.SIGINT)
        os.kill(_pid(asker), signal.SIGTERM)
        asker.submit(1, question())
        assert isinstance(_take_all(asker, 1)[1], Reply)


def test_it_does_not_outlive_a_killed_worker_and_shows_no_key(server: StandIn, connect: Connect) -> None:
    code = f"""
import sys, time
from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.apart import AskerApart
from webapp.evals.asking.questions import Connection, Question
connection = Connection("openai", {server.address!r}, "tiny", sys.stdin.readline().strip())
with AskerApart(connection, AddressPolicy(loopback=True)) as asker:
    asker.submit(0, Question(({{"role": "user", "content": "?"}},)))
    asker.take(10)
    print(asker._process.pid, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(f"{KEY}\n")
        worker.stdin.flush()
        pid = int(worker.stdout.readline())
        place = Path(f"/proc/{pid}")
        shown = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        assert b"webapp.evals.asking.process" in shown
        assert KEY.encode() not in shown
        worker.kill()
    wait_until(lambda: not _is_running(pid), seconds=10, what="the process to end with its worker")
