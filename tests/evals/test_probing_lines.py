"""What a probe makes of answers that the stand-in does not give: seeds, GPUs, nonsense, a name that is not found."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.questions import Connection, Failure, Question
from webapp.evals.asking.wire import Heard
from webapp.evals.findings import Findings
from webapp.evals.probing import ask, look, probe

pytestmark = pytest.mark.once

Say = Callable[[Mapping[str, Any]], str]


class ScriptedLine:
    """Answers chat requests with what `say` makes of their body, and other addresses with what `others` holds."""

    base = "http://127.0.0.1:9"

    def __init__(self, say: Say, others: Mapping[str, Any] | None = None, adapter: str = "openai") -> None:
        self.say = say
        self.others = others or {}
        self.connection = Connection(adapter, self.base, "tiny")

    async def send(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> Heard:
        """Any status comes back."""
        path = url.removeprefix(self.base)
        if path != "/chat/completions" or body is None:
            found = self.others.get(path)
            return Heard(404 if found is None else 200, "application/json", json.dumps(found).encode())
        text = self.say(body)
        if self.connection.adapter == "nanochat":
            events = [*({"token": piece} for piece in text.split(" ")), {"done": True}]
            stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
            return Heard(200, "text/event-stream", stream.encode())
        answer = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        return Heard(200, "application/json", json.dumps(answer).encode())


def found_with(say: Say, others: Mapping[str, Any] | None = None, adapter: str = "openai") -> Findings:
    return asyncio.run(look(ScriptedLine(say, others, adapter)))


class Drawing:
    """Says something else each time, but for what `keeps` lets it remember."""

    def __init__(self, keeps: Callable[[Mapping[str, Any]], object]) -> None:
        self.keeps = keeps
        self.said: dict[object, str] = {}
        self.times = 0

    def __call__(self, body: Mapping[str, Any]) -> str:
        self.times += 1
        kept = self.keeps(body)
        fresh = f"Seafoam Whisper number {self.times}"
        return fresh if kept is None else self.said.setdefault((json.dumps(body["messages"]), kept), fresh)


def test_a_seed_that_is_followed() -> None:
    assert found_with(Drawing(lambda body: body.get("seed", "none"))).seed is True


def test_a_seed_that_is_ignored() -> None:
    found = found_with(Drawing(lambda body: None if body["temperature"] else "greedy"))
    assert (found.seed, found.repeats) == (False, True)
    assert "Ignores the seed: a sample cannot be drawn again." in found.words()


def test_a_temperature_that_is_ignored_tells_nothing_about_the_seed() -> None:
    assert found_with(Drawing(lambda _: "always")).seed is None


def test_a_model_that_draws_at_temperature_0_too() -> None:
    found = found_with(Drawing(lambda _: None))
    assert (found.seed, found.repeats) == (False, False)


def test_short_answers_tell_nothing_about_the_seed() -> None:
    answers = iter("AABB" * 20)
    assert found_with(lambda _: next(answers)).seed is None


def test_a_limit_that_is_ignored() -> None:
    assert found_with(lambda _: "one, two, three, " * 10).max_tokens is False
    assert found_with(lambda _: "one two three four five", adapter="nanochat").max_tokens is False


def test_nanochat_tells_its_gpus() -> None:
    found = found_with(lambda _: "hello", {"/health": {"status": "ok", "ready": True, "num_gpus": 8}}, "nanochat")
    assert found.workers == 8
    assert "Runs on 8 GPUs: as many questions are asked at once." in found.words()


def test_nanochat_that_is_still_loading() -> None:
    found = found_with(lambda _: "hello", {"/health": {"ready": False, "num_gpus": 2}}, "nanochat")
    assert not found.answers
    assert "still loading" in found.problem


@pytest.mark.parametrize("gpus", [0, -1, True, "8", 10**9, None, 1.5])
def test_a_number_of_gpus_that_is_none(gpus: Any) -> None:
    assert found_with(lambda _: "hello", {"/health": {"num_gpus": gpus}}, "nanochat").workers is None


@pytest.mark.parametrize(
    "models", [[], {}, {"data": None}, {"data": [None, 3, {"id": 4}, {"name": "x"}]}, {"data": "tiny"}, None]
)
@pytest.mark.parametrize("tokens", [None, {"tokens": "A"}, {"tokens": [1, 2]}, {"tokens": ["x"]}, []])
def test_nonsense_is_no_finding(models: Any, tokens: Any) -> None:
    found = found_with(lambda _: "A", {"/models": models, "/tokenize": tokens})
    assert found.answers
    assert (found.models, found.model_listed, found.logit_bias, found.token_ids) == ((), None, None, {})


def test_a_look_up_that_hangs_does_not_hold_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's look-up of names cannot be interrupted."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(8))
    connection = Connection("openai", "http://models.example/v1", "tiny", timeout_seconds=0.5)
    began = time.monotonic()
    found = probe(connection, AddressPolicy(), seconds=0.5)
    result = ask(connection, Question(({"role": "user", "content": "x"},)), AddressPolicy())
    assert time.monotonic() - began < 7
    assert not found.answers
    assert found.problem
    assert isinstance(result, Failure)
