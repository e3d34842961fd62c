"""The stand-in itself: what other tests rely on when they talk to it."""

import json
import math
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.standin import StandIn

pytestmark = pytest.mark.once

ASKED = [{"role": "user", "content": "Which one?"}]


def post(url: str, body: Any, **headers: str) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read().decode()
    return json.loads(text) if "json" in response.headers["Content-Type"] else text


def ask(server: StandIn, **more: Any) -> Any:
    return post(f"{server.address}/chat/completions", {"messages": ASKED, "model": "tiny"} | more)


def said(answer: Any) -> str:
    text: str = answer["choices"][0]["message"]["content"]
    return text


def test_says_what_the_rule_wants(server: StandIn, tmp_path: Path) -> None:
    server.behave(answer="B")
    assert said(ask(server)) == "B"
    server.behave(rule="echo")
    assert said(ask(server)) == "Which one?"
    (tmp_path / "answers.json").write_text(json.dumps({"Which one?": "This one, surely."}))
    server.behave(rule="file", answers=str(tmp_path / "answers.json"))
    assert said(ask(server)) == "This one, surely."


def test_letters_are_drawn_from_the_prompt(server: StandIn) -> None:
    server.behave(rule="letters")
    prompts = [[{"role": "user", "content": f"Question {number}"}] for number in range(40)]
    first = [said(ask(server, messages=prompt)) for prompt in prompts]
    assert first == [said(ask(server, messages=prompt)) for prompt in prompts]
    assert set(first) == set("ABCD")


def test_logprobs_are_a_distribution_with_the_answer_on_top(server: StandIn) -> None:
    server.behave(answer="C", mark=" ")
    answer = ask(server, logprobs=True, top_logprobs=20, max_tokens=1)
    likely = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    assert likely[0]["token"] == " C"
    assert 0.7 < sum(math.exp(entry["logprob"]) for entry in likely) < 1
    server.behave(logprobs=False)
    assert "logprobs" not in ask(server, logprobs=True, top_logprobs=20)["choices"][0]


def test_a_bias_forces_a_letter_where_none_is_likely(server: StandIn) -> None:
    server.behave(answer="D", hide_letters=True)
    assert said(ask(server, max_tokens=1)) == "The"
    ids = [post(f"{server.root}/tokenize", {"content": letter})["tokens"][0] for letter in "ABCD"]
    assert said(ask(server, max_tokens=1, logit_bias={str(number): 100 for number in ids})) == "D"
    server.behave(logit_bias=False)
    assert said(ask(server, max_tokens=1, logit_bias={str(ids[0]): 100})) == "The"


def test_nanochat_streams_and_marks_its_end(server: StandIn) -> None:
    server.behave(answer="Two words")
    lines = post(f"{server.root}/chat/completions", {"messages": ASKED}).split("\n\n")
    assert [json.loads(line.removeprefix("data: ")) for line in lines if line] == [
        {"token": "Two", "gpu": 0},
        {"token": " words", "gpu": 0},
        {"done": True},
    ]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        post(f"{server.root}/chat/completions", {"messages": [{"role": "system", "content": "Be brief."}]})


def test_counts_what_it_was_asked(server: StandIn) -> None:
    server.behave(key="sesame", fault="500", fault_times=1)
    url = f"{server.address}/chat/completions"
    for key, refusal in (("wrong", "401"), ("sesame", "500")):
        with pytest.raises(urllib.error.HTTPError, match=refusal):
            post(url, {"messages": ASKED}, Authorization=f"Bearer {key}")
    for _ in range(2):
        post(url, {"messages": ASKED}, Authorization="Bearer sesame")
    found = server.stats()
    counted = {name: found[name] for name in ("total", "answered", "authorized", "unauthorized", "faults", "at_once")}
    assert counted == {
        "total": 4, "answered": 2, "authorized": 3, "unauthorized": 1, "faults": {"500": 1}, "at_once": 1,
    }  # fmt: skip
    assert server.calls(ASKED) == found["most"] == 4
    assert all(abs(time.time() - moment) < 30 for moment in found["times"])


def test_a_misspelt_behaviour_is_refused(server: StandIn) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        server.behave(falt="500")
