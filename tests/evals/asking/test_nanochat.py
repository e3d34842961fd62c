"""nanochat's own server: its stream, its two roles, its limits."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.evals.asking.helpers import HERE, failure_of, question, reply_of
from tests.standin import StandIn
from webapp.evals.asking.asker import ask_once
from webapp.evals.asking.failures import Fault
from webapp.evals.asking.nanochat import _pieces, merged
from webapp.evals.asking.questions import Connection, Question, Sampling
from webapp.evals.asking.wire import Heard

pytestmark = pytest.mark.once

Connect = Callable[..., Connection]
SYSTEM, USER, ASSISTANT = (
    {"role": role, "content": text} for role, text in (("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"))
)


def test_the_stream_is_put_together(server: StandIn, connect: Connect) -> None:
    server.behave(answer="Several words, and a √ sign.", token_ms=1)
    reply = reply_of(ask_once(connect(adapter="nanochat"), question(), HERE))
    assert (reply.text, reply.finish, reply.completion_tokens) == ("Several words, and a √ sign.", "", None)
    assert server.stats()["bodies"] == [
        {"messages": [{"role": "user", "content": "Which one?"}], "temperature": 0.0, "max_tokens": 512, "top_k": 1}
    ]


def test_an_answer_at_the_limit_is_cut_off(server: StandIn, connect: Connect) -> None:
    server.behave(answer="one two three four")
    reply = reply_of(ask_once(connect(adapter="nanochat"), question(sampling=Sampling(max_tokens=2)), HERE))
    assert (reply.text, reply.finish) == ("one two", "length")


def test_a_drawn_answer_takes_the_set_or_the_servers_own_top_k(server: StandIn, connect: Connect) -> None:
    for top_k in (None, 40):
        ask_once(connect(adapter="nanochat"), question(sampling=Sampling(0.7, 10, top_k=top_k, seed=3)), HERE)
    first, second = server.stats()["bodies"]
    assert ("top_k" in first, second["top_k"], second["temperature"], "seed" in second) == (False, 40, 0.7, False)


def test_a_system_message_goes_in_front_of_the_first_user_message(server: StandIn, connect: Connect) -> None:
    assert merged([SYSTEM, USER, ASSISTANT, USER]) == [{"role": "user", "content": "Be brief.\n\nHi"}, ASSISTANT, USER]
    assert merged([USER]) == [USER]
    server.behave(rule="echo")
    reply = reply_of(ask_once(connect(adapter="nanochat"), Question((SYSTEM, USER)), HERE))
    assert reply.text == "Be brief.\n\nHi"


@pytest.mark.parametrize(
    "messages", [[], [SYSTEM], [SYSTEM, ASSISTANT], [USER, SYSTEM], [{"role": "tool", "content": "1"}]]
)
def test_what_it_cannot_be_told_is_a_failure(messages: list[dict[str, str]]) -> None:
    with pytest.raises(Fault) as caught:
        merged(messages)
    assert (caught.value.kind, caught.value.pauses) == ("bad_request", False)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"sampling": Sampling(temperature=2.5)}, "0 to 2"),
        ({"sampling": Sampling(max_tokens=5000)}, "4,096"),
        ({"sampling": Sampling(temperature=1, top_k=500)}, "200"),
        ({"sampling": Sampling(temperature=1, top_p=0.9)}, "top_p"),
        ({"mode": "letters", "letters": ("A", "B")}, "probabilities"),
    ],
)
def test_settings_that_it_cannot_take_pause_the_run_before_it_is_asked(
    server: StandIn, connect: Connect, asked: dict[str, Any], says: str
) -> None:
    found = failure_of(ask_once(connect(adapter="nanochat"), question(**asked), HERE))
    assert (found.kind, found.pauses, says in found.message) == ("bad_setting", True, True)
    assert server.stats()["total"] == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'data: {"token": "A", "gpu": 0}\n\n', "cut_stream"),
        (b'data: {"token": "A", "gpu": 0}\n\ndata: {"tok', "cut_stream"),
        (b'data: {"token": "A"}\n\ndata: {"done": false}\n\n', "cut_stream"),
        (b"data: 5\n\n", "garbage"),
        (b'data: {"error": "out of memory"}\n\n', "garbage"),
        (b"", "empty"),
        (b'{"choices": []}', "garbage"),
        (b"<html>", "html"),
    ],
)
def test_a_stream_without_its_end_is_a_failure(body: bytes, kind: str) -> None:
    with pytest.raises(Fault) as caught:
        _pieces(Heard(200, "text/event-stream", body))
    assert (caught.value.kind, caught.value.retry) == (kind, True)
