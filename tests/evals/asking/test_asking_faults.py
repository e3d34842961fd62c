"""What an endpoint can do wrong: bounded tries, a total deadline, flat memory, and never an answer out of it."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.evals.asking.helpers import HERE, KEY, QUICK, ask_all, failure_of, letters, question, reply_of
from tests.servers import ROOT, wait_until
from tests.standin import StandIn
from webapp.evals.asking.asker import Asker, ask_once
from webapp.evals.asking.failures import KINDS
from webapp.evals.asking.questions import Connection, Reply, Result
from webapp.evals.asking.waiting import Pace
from webapp.evals.asking.wire import Wire

pytestmark = pytest.mark.once

Connect = Callable[..., Connection]

#: Fault → what it is called, and whether another try is made.
FAULTS = [
    ("429", "rate_limited", True), ("500", "http_500", True), ("502", "http_502", True), ("503", "http_503", True),
    ("504", "http_504", True), ("408", "timeout", True), ("400", "bad_request", False), ("404", "not_found", False),
    ("422", "bad_request", False), ("401", "key_refused", False), ("403", "key_refused", False), ("html", "html", True),
    ("empty", "empty", True), ("null", "empty", True), ("garbage", "garbage", True), ("silence", "timeout", True),
    ("trickle", "timeout", True), ("cut", "cut_stream", True), ("huge", "too_large", True), ("bomb", "garbage", True),
    ("close", "closed", True), ("redirect", "redirect", False),
]  # fmt: skip
#: These are only seen by waiting in vain.
SLOW = {"silence", "trickle"}
#: What nanochat's adapter calls otherwise: these are no streams.
OTHERWISE = {"empty": "garbage", "null": "garbage"}


def ask(connection: Connection, *, mode: str = "generate", pace: Pace = QUICK) -> Result:
    with Asker(connection, HERE, pace=pace) as asker:
        asker.submit(1, letters() if mode == "letters" else question())
        [(_, result)] = asker.take(60)
    return result


@pytest.mark.parametrize(("fault", "kind", "retried"), FAULTS)
def test_a_fault_is_a_failure_after_bounded_tries(
    server: StandIn, connect: Connect, fault: str, kind: str, retried: bool
) -> None:
    server.behave(fault=fault, huge_bytes=2**26)
    seconds = 0.4 if fault in SLOW else 20.0
    for adapter, mode in (("openai", "generate"), ("openai", "letters"), ("nanochat", "generate")):
        server.reset()
        begun = time.monotonic()
        found = failure_of(ask(connect(adapter=adapter, timeout_seconds=seconds, tries=2), mode=mode))
        assert found.kind == (OTHERWISE.get(fault, kind) if adapter == "nanochat" else kind)
        assert found.kind in KINDS
        assert found.tries == server.stats()["total"] == (2 if retried else 1)
        assert found.pauses == (kind == "key_refused")
        assert time.monotonic() - begun < 15


@pytest.mark.parametrize("fault", [fault for fault, _, retried in FAULTS if retried])
def test_a_fault_that_passes_costs_a_try_and_nothing_else(server: StandIn, connect: Connect, fault: str) -> None:
    server.behave(fault=fault, fault_times=1, huge_bytes=2**26)
    reply = reply_of(ask(connect(timeout_seconds=2.0 if fault in SLOW else 20.0)))
    assert (reply.text, reply.tries) == ("A", 2)


def test_a_server_that_is_gone_and_comes_back(server: StandIn, connect: Connect) -> None:
    server.kill()
    with Asker(connect(tries=50), HERE, pace=QUICK) as asker:
        asker.submit(1, question())
        assert asker.take(0.3) == []
        server.start()
        [(_, result)] = asker.take(30)
    assert reply_of(result).tries > 1


@pytest.mark.parametrize("asked", ["1", "date:2"])
@pytest.mark.parametrize("status", ["429", "503"])
def test_retry_after_stops_everything_for_at_least_that_long(
    server: StandIn, connect: Connect, status: str, asked: str
) -> None:
    server.behave(fault=status, fault_after=6, fault_times=1, retry_after=asked, latency_ms=20)
    questions = {ticket: question(f"Question {ticket}") for ticket in range(30)}
    waited = []
    with Asker(connect(concurrency=1), HERE, pace=QUICK) as asker:
        for pair in questions.items():
            asker.submit(*pair)
        found: dict[int, Result] = {}
        while len(found) < 30:
            found |= dict(asker.take(0.05))
            waited += [asker.waiting_until] if asker.waiting_until else []
    assert all(isinstance(result, Reply) for result in found.values())
    times = server.stats()["times"]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    # A date has whole seconds: up to one of the two is gone when it is written.
    assert max(gaps) >= 1.0
    assert gaps.index(max(gaps)) == 6
    assert len(times) == 31
    assert len(waited) > 5


def test_no_question_is_asked_twice_because_of_a_429(server: StandIn, connect: Connect) -> None:
    server.behave(fault="429", fault_after=20, fault_times=3, retry_after="0.5", latency_ms=5)
    questions = {ticket: question(f"Question {ticket}") for ticket in range(80)}
    with Asker(connect(), HERE, pace=QUICK) as asker:
        found = ask_all(asker, questions)
    assert all(isinstance(result, Reply) for result in found.values())
    stats = server.stats()
    assert (stats["answered"], stats["faults"]["429"], stats["total"]) == (80, 3, 83)


def test_a_wait_beyond_the_limit_pauses_the_run(server: StandIn, connect: Connect) -> None:
    server.behave(fault="429", retry_after="7200")
    found = failure_of(ask(connect()))
    assert (found.kind, found.pauses, found.tries) == ("rate_limited", True, 1)
    assert "120 minutes" in found.message
    server.behave(fault="429", retry_after="9" * 400)
    assert failure_of(ask(connect())).pauses


@pytest.mark.parametrize("fault", ["401", "403", "500", "400", "429"])
@pytest.mark.parametrize("adapter", ["openai", "nanochat"])
def test_the_key_is_in_no_message_and_no_log(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture, fault: str, adapter: str
) -> None:
    caplog.set_level(logging.DEBUG)
    server.behave(fault=fault, echo_key=True)
    connection = connect(adapter=adapter, tries=2)
    found = failure_of(ask(connection))
    assert "(key hidden)" in found.message
    for text in (repr(found), repr(connection), caplog.text):
        assert KEY not in text
        assert json.dumps(KEY)[1:-1] not in text
        assert "0123456789" not in text


def test_no_part_of_the_key_is_left_where_a_message_is_cut(connect: Connect) -> None:
    for before in range(100, 160):
        said = Wire(connect(), HERE).words(b"x" * before + KEY.encode() + b" and more" * 20)
        assert KEY[:8] not in said


def test_a_packed_answer_is_not_unpacked(server: StandIn, connect: Connect) -> None:
    server.behave(fault="bomb", huge_bytes=2**20)
    assert "packed" in failure_of(ask(connect(tries=1))).message


def test_the_key_is_in_no_log_when_connections_fail(
    server: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in ("close", "cut", "html", "redirect", "silence"):
        server.behave(fault=fault)
        assert "0123456789" not in repr(ask(connect(timeout_seconds=0.3, tries=1)))
    assert "0123456789" not in caplog.text


_MEASURED = """
import resource, sys
from tests.evals.asking.helpers import HERE, QUICK, question
from webapp.evals.asking.asker import Asker
from webapp.evals.asking.questions import Connection

def ask(address, adapter, seconds):
    connection = Connection(adapter, address, "tiny", timeout_seconds=seconds, tries=3)
    with Asker(connection, HERE, pace=QUICK) as asker:
        for ticket in range(4):
            asker.submit(ticket, question())
        kinds = []
        while len(kinds) < 4:
            kinds += [getattr(result, "kind", "answer") for _, result in asker.take(5)]
    return kinds

adapter, good, bad = sys.argv[1:]
ask(good, adapter, 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kinds = ask(bad, adapter, 20)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(kinds, (after - before) // 1024)
"""


@pytest.mark.parametrize("adapter", ["openai", "nanochat"])
@pytest.mark.parametrize("fault", ["huge", "bomb"])
def test_a_gigabyte_is_never_held(
    server: StandIn, connect: Connect, tmp_path_factory: pytest.TempPathFactory, adapter: str, fault: str
) -> None:
    """In a process of its own, of which the largest size is known: four questions at once, three tries each."""
    with StandIn(tmp_path_factory.mktemp("bad"), fault=fault) as bad:
        addresses = [one.address if adapter == "openai" else one.nanochat_address for one in (server, bad)]
        command = [sys.executable, "-c", _MEASURED, adapter, *addresses]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
        wait_until(lambda: bad.stats()["open"] == 0, seconds=10, what="the server to see that nobody listens")
    kinds, _, grown = ran.stdout.strip().rpartition(" ")
    assert kinds == str(["too_large" if fault == "huge" else "garbage"] * 4)
    assert int(grown) < 60


def test_a_test_of_a_silent_server_ends_in_time(server: StandIn, connect: Connect) -> None:
    server.behave(fault="trickle", trickle_seconds=0.1)
    begun = time.monotonic()
    assert failure_of(ask_once(connect(timeout_seconds=1), question(), HERE)).kind == "timeout"
    assert 0.9 < time.monotonic() - begun < 10
