"""OpenAI-compatible chat: what is sent, how letters are read, and what is not taken for an answer."""

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.evals.asking.helpers import HERE, failure_of, letters, question, reply_of
from tests.standin import StandIn
from webapp.evals.asking import openai_chat
from webapp.evals.asking.asker import ask_once
from webapp.evals.asking.failures import Fault
from webapp.evals.asking.openai_chat import letter_logprobs
from webapp.evals.asking.questions import Connection, Question, Reply, Sampling
from webapp.evals.asking.wire import Heard

pytestmark = pytest.mark.once

Connect = Callable[..., Connection]
IDS = {letter: ord(letter) for letter in "ABCD"}


class FakeWire:
    """Answers with the next of some bodies, and keeps what was sent."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies = list(bodies)
        self.sent: list[Any] = []
        self.connection = Connection("openai", model="tiny")

    async def chat(self, body: Any) -> Heard:
        self.sent.append(body)
        found = self.bodies.pop(0)
        return Heard(200, "application/json", found if isinstance(found, bytes) else json.dumps(found).encode())


def ask(wire: FakeWire, asked: Question) -> Reply:
    return asyncio.run(openai_chat.ask(wire, asked))  # type: ignore[arg-type]


def answer(text: str | None = "A", finish: str | None = "stop", **choice: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}, "finish_reason": finish, **choice}]}


def likely(*pairs: tuple[str, Any], text: str = "x") -> dict[str, Any]:
    top = [{"token": token, "logprob": value} for token, value in pairs]
    return answer(text, "length", logprobs={"content": [{"token": text, "logprob": -0.1, "top_logprobs": top}]})


def test_sends_what_was_set_and_nothing_else(server: StandIn, connect: Connect) -> None:
    reply = reply_of(ask_once(connect(), question(sampling=Sampling(0.5, 100, seed=7)), HERE))
    assert (reply.text, reply.finish, reply.completion_tokens, reply.tries) == ("A", "stop", 1, 1)
    assert reply.latency_ms is not None
    found = server.stats()
    assert found["bodies"] == [
        {
            "messages": [{"role": "user", "content": "Which one?"}],
            "model": "tiny", "temperature": 0.5, "max_tokens": 100, "seed": 7,
        }
    ]  # fmt: skip
    ask_once(connect(model=""), question(sampling=Sampling(top_p=0.9, top_k=5)), HERE)
    body = server.stats()["bodies"][-1]
    assert (body["top_p"], body["top_k"], "model" in body, "seed" in body) == (0.9, 5, False, False)


def test_sends_the_key(server: StandIn, connect: Connect) -> None:
    server.behave(key=connect().key)
    assert reply_of(ask_once(connect(), question(), HERE)).text == "A"
    assert failure_of(ask_once(connect(key=""), question(), HERE)).kind == "key_refused"


def test_an_answer_at_the_limit_is_cut_off(server: StandIn, connect: Connect) -> None:
    server.behave(answer="one two three four")
    reply = reply_of(ask_once(connect(), question(sampling=Sampling(max_tokens=2)), HERE))
    assert (reply.text, reply.finish, reply.completion_tokens) == ("one two", "length", 2)


@pytest.mark.parametrize("mark", ["", " ", "▁", "Ġ"])
def test_letters_come_with_their_log_probabilities(server: StandIn, connect: Connect, mark: str) -> None:
    server.behave(answer="C", mark=mark)
    reply = reply_of(ask_once(connect(top_logprobs=8), letters(), HERE))
    assert (reply.text, reply.forced, reply.finish) == ("C", False, "stop")
    assert list(reply.letters) == list("ABCD")
    assert reply.letters["C"] == pytest.approx(math.log(0.7))
    body = server.stats()["bodies"][-1]
    sent = {name: body[name] for name in ("max_tokens", "temperature", "logprobs", "top_logprobs")}
    assert sent == {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 8}


def test_the_best_spelling_of_a_letter_counts() -> None:
    position = [{"token": " B", "logprob": -3.0}, {"token": "▁A", "logprob": -2.0}, {"token": "B", "logprob": -1.0}]
    assert letter_logprobs(position, "ABCD") == {"A": -2.0, "B": -1.0}
    odd = [{"token": "b", "logprob": -1}, {"token": "AB", "logprob": -1}, {"token": "A", "logprob": None}, "A", {}]
    assert letter_logprobs(odd, "ABCD") == {}
    assert letter_logprobs([{"token": "10", "logprob": -1}, {"token": "1\n", "logprob": -2}], ("1", "10")) == {
        "1": -2.0,
        "10": -1.0,
    }


def test_only_allowed_letters_count(server: StandIn, connect: Connect) -> None:
    server.behave(answer="E", letters="ABCDE")
    reply = reply_of(ask_once(connect(), letters(), HERE))
    assert reply.text == "A"
    assert set(reply.letters) == set("ABCD")


def test_a_letter_that_is_not_in_the_list_is_forced(server: StandIn, connect: Connect) -> None:
    server.behave(answer="D", hide_letters=True)
    reply = reply_of(ask_once(connect(), letters(token_ids=IDS), HERE))
    assert (reply.text, reply.forced, dict(reply.letters)) == ("D", True, {})
    first, second = server.stats()["bodies"]
    assert "logit_bias" not in first
    assert second["logit_bias"] == {str(number): 100 for number in IDS.values()}


def test_without_token_ids_no_letter_is_no_answer(server: StandIn, connect: Connect) -> None:
    server.behave(hide_letters=True)
    for ids in ({}, {"A": 65}):
        reply = reply_of(ask_once(connect(), letters(token_ids=ids), HERE))
        assert (reply.text, reply.forced) == ("", False)
    assert server.stats()["total"] == 2


def test_forced_choice_asks_once(server: StandIn, connect: Connect) -> None:
    server.behave(answer="B", hide_letters=True)
    reply = reply_of(ask_once(connect(), letters(mode="forced", token_ids=IDS), HERE))
    assert (reply.text, reply.forced) == ("B", True)
    assert server.stats()["total"] == 1


def test_an_ignored_bias_is_a_failure_not_a_wrong_answer(server: StandIn, connect: Connect) -> None:
    server.behave(hide_letters=True, logit_bias=False)
    assert failure_of(ask_once(connect(), letters(mode="forced", token_ids=IDS), HERE)).kind == "bias_ignored"
    missing = failure_of(ask_once(connect(), letters(mode="forced"), HERE))
    assert (missing.kind, missing.pauses) == ("no_token_ids", True)


def test_logprobs_that_stay_away_are_a_failure_not_a_wrong_answer(server: StandIn, connect: Connect) -> None:
    server.behave(logprobs=False)
    assert failure_of(ask_once(connect(), letters(), HERE)).kind == "no_logprobs"


def test_a_model_that_ends_at_once_gives_no_letter() -> None:
    for nothing in (answer(""), answer("", logprobs=None), answer("", logprobs={"content": []})):
        assert ask(FakeWire(nothing), letters()).text == ""


def test_the_token_that_came_counts_where_the_list_is_empty() -> None:
    assert ask(FakeWire(likely(text="B")), letters()).letters == {"B": -0.1}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"choices": []}, "empty"),
        ({"choices": [None]}, "empty"),
        (answer(None), "empty"),
        ({"choices": [{}]}, "empty"),
        ({"choices": "A"}, "garbage"),
        ({}, "garbage"),
        ([], "garbage"),
        (b"", "empty"),
        (b"  ", "empty"),
        (b"{", "garbage"),
        (b"NaN", "garbage"),
        (b'{"choices": [{"message": {"content": "\\ud800"}}]}', "garbage"),
        (b"[" * 100_000, "garbage"),
        (b"\xff\xfe", "garbage"),
        (b" <html>", "html"),
        (answer("A", "content_filter"), "filtered"),
        ({"error": {"message": "no", "code": 429}}, "rate_limited"),
        ({"error": {"message": "no", "code": 401}}, "key_refused"),
        ({"error": "no"}, "garbage"),
    ],
)
def test_what_is_no_answer_is_a_failure(body: Any, kind: str) -> None:
    with pytest.raises(Fault) as caught:
        ask(FakeWire(body), question())
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("body", "text", "finish"),
    [
        (answer(""), "", "stop"),
        (answer(None, "length"), "", "length"),  # cut off while it was still thinking
        (answer("A", None), "A", ""),
        (answer("A", "eos_token"), "A", "stop"),
        (answer([{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]), "AB", "stop"),  # type: ignore[arg-type]
        (answer("a\0b"), "a\ufffdb", "stop"),
    ],
)
def test_what_is_an_answer(body: Any, text: str, finish: str) -> None:
    assert ask(FakeWire(body), question()) == Reply(text, finish)


def test_tokens_are_counted_only_where_the_numbers_make_sense() -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 3}
    reply = ask(FakeWire(answer() | {"usage": usage}), question())
    assert (reply.prompt_tokens, reply.completion_tokens) == (12, 3)
    for odd in (
        {"prompt_tokens": -1, "completion_tokens": "3"},
        {"prompt_tokens": 2**40, "completion_tokens": True},
        5,
    ):
        reply = ask(FakeWire(answer() | {"usage": odd}), question())
        assert (reply.prompt_tokens, reply.completion_tokens) == (None, None)


def test_a_server_that_gives_fewer_likely_tokens_says_so(server: StandIn, connect: Connect) -> None:
    server.behave(max_top_logprobs=5)
    refused = failure_of(ask_once(connect(), letters(), HERE))
    assert (refused.kind, "at most 5" in refused.message) == ("bad_request", True)
    assert reply_of(ask_once(replace(connect(), top_logprobs=5), letters(), HERE)).text == "A"
