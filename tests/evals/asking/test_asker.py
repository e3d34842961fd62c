"""Asking many at once: every ticket comes back once, the server is kept busy, and it is not asked too much."""

import threading
import time
from collections.abc import Callable

import pytest

from tests.evals.asking.helpers import HERE, QUICK, ask_all, failure_of, letters, question, reply_of, take_all
from tests.servers import free_port, wait_until
from tests.standin import StandIn
from webapp.evals.asking.asker import Asker, ask_once
from webapp.evals.asking.failures import KINDS
from webapp.evals.asking.questions import Connection, Reply
from webapp.evals.asking.waiting import Pace

pytestmark = pytest.mark.once

Connect = Callable[..., Connection]


def test_every_question_is_asked_once_and_comes_back_with_its_own_answer(server: StandIn, connect: Connect) -> None:
    server.behave(rule="echo", latency_ms=2)
    asked = {ticket: question(f"Question {ticket}") for ticket in range(300)}
    with Asker(connect(concurrency=16), HERE) as asker:
        found = ask_all(asker, asked)
        assert asker.in_flight == asker.open == 0
    assert {ticket: reply_of(result).text for ticket, result in found.items()} == {
        ticket: f"Question {ticket}" for ticket in asked
    }
    stats = server.stats()
    assert (stats["total"], stats["most"]) == (300, 1)
    assert 1 < stats["at_once"] <= 16


def test_it_comes_to_full_speed_without_waiting_for_answers_and_never_beyond_its_cap(
    server: StandIn, connect: Connect
) -> None:
    server.behave(latency_ms=10_000)
    with Asker(connect(concurrency=24), HERE) as asker:
        assert (asker.concurrency, asker.room()) == (16, 32)
        for ticket in range(60):
            asker.submit(ticket, question())
        wait_until(lambda: server.stats()["open"] == 24, seconds=15)
        time.sleep(0.3)
        assert server.stats()["at_once"] == asker.open == asker.concurrency == 24
        assert (asker.room(), asker.in_flight) == (0, 60)


def test_room_holds_twice_what_may_be_open(server: StandIn, connect: Connect) -> None:
    server.behave(latency_ms=10_000)
    with Asker(connect(concurrency=4), HERE) as asker:
        wait_until(lambda: asker.concurrency == 4, seconds=15)
        for ticket in range(5):
            asker.submit(ticket, question())
        assert asker.room() == 3


def test_the_share_can_change_and_be_nothing(server: StandIn, connect: Connect) -> None:
    server.behave(latency_ms=30)
    with Asker(connect(concurrency=8), HERE) as asker:
        asker.set_cap(0)
        assert (asker.concurrency, asker.room()) == (0, 0)
        for ticket in range(30):
            asker.submit(ticket, question())
        assert asker.take(0.3) == []
        assert server.stats()["total"] == 0
        asker.set_cap(2)
        wait_until(lambda: server.stats()["answered"] > 5, seconds=10)
        assert server.stats()["at_once"] == 2
        asker.set_cap(6)
        wait_until(lambda: server.stats()["at_once"] == 6, seconds=10)


def test_take_waits_for_the_first_result_and_not_longer_than_told(server: StandIn, connect: Connect) -> None:
    server.behave(latency_ms=2000)
    with Asker(connect(), HERE) as asker:
        asker.submit(5, question())
        begun = time.monotonic()
        assert asker.take(0.05) == []
        assert time.monotonic() - begun < 1.5
        [(ticket, result)] = asker.take(20)
        assert ticket == 5
        assert reply_of(result).text == "A"
        assert 1.9 < time.monotonic() - begun < 15


def test_close_drops_what_is_in_flight_at_once(server: StandIn, connect: Connect) -> None:
    server.behave(fault="silence")
    asker = Asker(connect(timeout_seconds=60), HERE)
    with asker:
        for ticket in range(4):
            asker.submit(ticket, question())
        wait_until(lambda: server.stats()["open"] >= 2, seconds=15)
        begun = time.monotonic()
    assert time.monotonic() - begun < 10
    wait_until(lambda: server.stats()["open"] == 0, seconds=15, what="the server to see that nobody listens")
    assert "asker" not in {thread.name for thread in threading.enumerate()}
    asker.close()
    with pytest.raises(RuntimeError, match="closed"):
        asker.submit(9, question())


@pytest.mark.parametrize("limit", [1, 5])
def test_too_many_at_once_are_fewer_from_then_on_and_none_is_lost(
    server: StandIn, connect: Connect, limit: int
) -> None:
    """A server that takes so many at once answers 429 beyond that: the asker settles below, without a failure."""
    server.behave(limit=limit, latency_ms=15)
    asked = {ticket: question(f"Question {ticket}") for ticket in range(200)}
    with Asker(connect(concurrency=32, tries=3), HERE, pace=QUICK) as asker:
        found = ask_all(asker, asked)
        settled = asker.concurrency
    assert all(isinstance(result, Reply) for result in found.values())
    assert 1 <= settled <= limit + 3
    stats = server.stats()
    assert stats["answered"] == 200
    assert stats["total"] < 300 + 200 // limit  # it tries for more after each round


def test_ten_failures_in_a_row_stop_it_and_name_the_last(server: StandIn, connect: Connect) -> None:
    server.behave(fault="500")
    asked = {ticket: question(f"Question {ticket}") for ticket in range(40)}
    with Asker(connect(tries=2), HERE, pace=QUICK) as asker:
        found = ask_all(asker, asked)
        assert asker.room() == 0
    kinds = [failure_of(result).kind for result in found.values()]
    assert kinds.count("http_500") == 9
    assert kinds.count("breaker") == 40 - 9
    [stopped] = {failure_of(result).message for result in found.values() if failure_of(result).kind == "breaker"}
    assert "500" in stopped
    assert all(failure_of(result).pauses == (failure_of(result).kind == "breaker") for result in found.values())
    assert server.stats()["total"] <= 40 + 10 + 16  # each once, ten a second time, and what was open then


def test_the_last_of_ten_brings_the_news_that_it_has_stopped(server: StandIn, connect: Connect) -> None:
    server.behave(fault="500")
    with Asker(connect(tries=1), HERE, pace=QUICK) as asker:
        found = ask_all(asker, {ticket: question(f"Question {ticket}") for ticket in range(10)})
    assert sorted(failure_of(result).kind for result in found.values()) == ["breaker", *["http_500"] * 9]


def test_an_answer_in_between_keeps_it_going(server: StandIn, connect: Connect) -> None:
    server.behave(fault="500", fault_match="bad")
    asked = {ticket: question(f"{'good' if ticket % 5 == 0 else 'bad'} {ticket}") for ticket in range(60)}
    with Asker(connect(tries=1, concurrency=1), HERE, pace=QUICK) as asker:
        found = ask_all(asker, asked)
    assert {ticket for ticket, result in found.items() if isinstance(result, Reply)} == set(range(0, 60, 5))
    assert {failure_of(found[ticket]).kind for ticket in range(60) if ticket % 5} == {"http_500"}


def test_after_a_pausing_failure_the_rest_comes_back_unasked(server: StandIn, connect: Connect) -> None:
    server.behave(fault="401", latency_ms=20)
    asked = {ticket: question(f"Question {ticket}") for ticket in range(50)}
    with Asker(connect(), HERE, pace=QUICK) as asker:
        for pair in asked.items():
            asker.submit(*pair)
        found = take_all(asker)
    failures = [failure_of(result) for result in found.values()]
    assert {(failure.kind, failure.pauses) for failure in failures} == {("key_refused", True)}
    assert server.stats()["total"] <= 8  # what was open together
    assert sorted({failure.tries for failure in failures}) == [0, 1]


def test_questions_between_tries_come_back_at_once_when_it_stops(server: StandIn, connect: Connect) -> None:
    server.behave(fault="500", fault_match="slow")
    with Asker(connect(), HERE, pace=Pace(pause=60)) as asker:
        asker.submit(1, question("slow"))
        wait_until(lambda: server.stats()["total"] == 1, seconds=15)
        server.behave(fault="401", fault_match="")
        asker.submit(2, question("refused"))
        found = take_all(asker)
    assert failure_of(found[1]).kind == failure_of(found[2]).kind == "key_refused"


def test_an_unusable_connection_gives_everything_back(connect: Connect) -> None:
    for odd, kind in (
        (connect(address="http://10.0.0.1/v1"), "address"),
        (connect(address="file:///etc/passwd"), "address"),
        (connect(key="a\nb"), "key_refused"),
        (connect(adapter="reference"), "bad_setting"),
    ):
        with Asker(odd, HERE) as asker:
            asker.submit(1, question())
            [(_, result)] = asker.take(20)
            assert asker.room() == 0
        found = failure_of(result)
        assert (found.kind, found.pauses, found.tries) == (kind, True, 0)
        assert found.kind in KINDS


def test_an_error_of_our_own_gives_the_ticket_back(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> Reply:
        raise ZeroDivisionError("sk-secret")

    monkeypatch.setattr("webapp.evals.asking.asker.adapter_of", lambda name: broken)
    found = failure_of(ask_once(connect(), question(), HERE))
    assert (found.kind, found.tries) == ("internal", 1)
    assert "sk-secret" not in found.message + caplog.text


def test_asking_once_is_one_try(server: StandIn, connect: Connect) -> None:
    server.behave(fault="500")
    assert failure_of(ask_once(connect(tries=5), question(), HERE)).tries == 1
    assert server.stats()["total"] == 1
    server.behave(fault="")
    assert reply_of(ask_once(connect(), letters(), HERE)).letters


def test_nothing_listens_there(connect: Connect) -> None:
    gone = connect(address=f"http://127.0.0.1:{free_port()}/v1", tries=3)
    with Asker(gone, HERE, pace=QUICK) as asker:
        asker.submit(1, question())
        [(_, result)] = asker.take(20)
    assert (failure_of(result).kind, failure_of(result).tries) == ("refused", 3)
