"""Redis stopped or emptied while evaluations run and wait: each is asked once, later."""

import time

import pytest
import redis

from tests.faults.evaluations import Evaluations
from tests.faults.stack import REPUBLISH_SECONDS
from tests.faults.test_broker_away import AWAY_SECONDS

pytestmark = pytest.mark.faults

QUESTIONS = 96


def test_redis_stopped(production_evals: Evaluations) -> None:
    evals, winnow = production_evals, production_evals.winnow
    source, endpoints = evals.numbers(), [evals.endpoint(), evals.endpoint()]
    evals.behave(latency_ms=30)
    running = evals.start(source, endpoints[0], sample=QUESTIONS)
    running.wait_for_done(20)
    winnow.broker.kill()
    gone = time.monotonic()
    waiting = evals.start(source, endpoints[1], sample=QUESTIONS)
    assert time.monotonic() - gone < 5
    assert winnow.browser().get(f"/evaluate/{waiting.id}/").status == 200
    time.sleep(max(0, AWAY_SECONDS - (time.monotonic() - gone)))
    assert winnow.job(waiting.job).state == "queued"
    winnow.broker.start()
    for run in (running, waiting):
        run.wait_for()
        run.assert_whole()
    assert set(evals.asked().values()) == {2}  # once for each


def test_redis_emptied(production_evals: Evaluations) -> None:
    evals, winnow = production_evals, production_evals.winnow
    source, endpoints = evals.numbers(), [evals.endpoint(), evals.endpoint()]
    evals.behave(latency_ms=30)
    running = evals.start(source, endpoints[0], sample=QUESTIONS)
    running.wait_for_done(20)
    winnow.worker.kill()
    asked_twice = running.claimed().total()
    waiting = evals.start(source, endpoints[1], sample=QUESTIONS)
    with redis.Redis.from_url(winnow.installation.environment["REDIS_URL"]) as client:
        client.flushall()
    winnow.worker.start()
    for run in (running, waiting):
        run.wait_for(seconds=REPUBLISH_SECONDS + 60)
        run.assert_whole()
    assert sum(evals.asked().values()) <= 2 * QUESTIONS + asked_twice
