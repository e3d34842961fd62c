"""What a probe finds, against a server that can do, or not do, everything."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.evals.conftest import OneStandIn
from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.failures import HIDDEN
from webapp.evals.asking.questions import Connection
from webapp.evals.findings import Findings
from webapp.evals.probing import probe

pytestmark = pytest.mark.once

POLICY = AddressPolicy(loopback=True)
KEY = "sk-never-to-be-seen-4711"


def found_by(standin: OneStandIn, adapter: str = "openai", *, seconds: float = 20, try_seconds: float = 5) -> Findings:
    address = standin.address if adapter == "openai" else standin.nanochat_address
    return probe(Connection(adapter, address, "tiny", KEY), POLICY, seconds=seconds, try_seconds=try_seconds)


@pytest.mark.parametrize(
    ("behaviour", "mode", "first_words"),
    [
        ({}, "letters", "Gives the 20 likeliest first tokens"),
        ({"max_top_logprobs": 10}, "letters", "Gives the 10 likeliest first tokens"),
        ({"max_top_logprobs": 5}, "letters", "Gives the 5 likeliest first tokens"),
        ({"mark": "▁"}, "letters", "Gives the 20 likeliest first tokens"),
        ({"mark": " "}, "letters", "Gives the 20 likeliest first tokens"),
        ({"logit_bias": False}, "letters", "Gives the 20 likeliest first tokens"),
        ({"logprobs": False}, "forced", "Ignores logprobs without saying so; follows logit_bias"),
        ({"logprobs": False, "tokenize": "vllm"}, "forced", "Ignores logprobs without saying so; follows logit_bias"),
        ({"refuses": ["logprobs"]}, "forced", "Refuses logprobs; follows logit_bias"),
        ({"hide_letters": True}, "forced", "Gives the 20 likeliest first tokens, no letter among them; follows"),
        ({"logprobs": False, "tokenize": ""}, "generate", "Ignores logprobs without saying so: letters are read"),
        ({"logprobs": False, "logit_bias": False}, "generate", "Ignores logprobs without saying so: letters are read"),
        ({"logprobs": False, "refuses": ["logit_bias"]}, "generate", "Ignores logprobs without saying so: letters"),
        ({"hide_letters": True, "logit_bias": False}, "generate", "Gives the 20 likeliest first tokens, no letter"),
    ],
)
def test_how_multiple_choice_is_asked(
    standin: OneStandIn, behaviour: Mapping[str, Any], mode: str, first_words: str
) -> None:
    found = found_by(standin.begin(**behaviour))
    assert found.answers
    assert found.complete
    assert found.best_mode() == mode
    assert found.words()[0].startswith(first_words)


@pytest.mark.parametrize("answer", ["C", "D"])
def test_a_forced_letter_that_comes_by_luck_does_not_count(standin: OneStandIn, answer: str) -> None:
    found = found_by(standin.begin(answer=answer, logprobs=False, logit_bias=False))
    assert found.logit_bias is False
    assert found.token_ids == {}


@pytest.mark.parametrize("form", ["llamacpp", "vllm"])
def test_the_ids_of_the_labels_are_found_in_both_forms(standin: OneStandIn, form: str) -> None:
    found = found_by(standin.begin(tokenize=form))
    assert found.logit_bias
    assert {label: found.token_ids[label] for label in "AEJ15"} == {label: ord(label) for label in "AEJ15"}


def test_whether_logit_bias_works_stays_open_where_nobody_tells_ids(standin: OneStandIn) -> None:
    found = found_by(standin.begin(tokenize=""))
    assert found.logit_bias is None
    assert any("could not be tried" in words for words in found.words())


def test_the_rest(standin: OneStandIn) -> None:
    found = found_by(standin.begin(rule="echo"))
    assert (found.max_tokens, found.repeats, found.usage, found.streams) == (True, True, True, True)
    assert found.latency_ms is not None
    assert (found.models, found.model_listed, found.served) == (("tiny",), True, "tiny")
    assert found.seed is None
    assert found.problem == ""


def test_a_model_that_is_not_listed(standin: OneStandIn) -> None:
    found = found_by(standin.begin(model="other"))
    assert found.model_listed is False
    assert any("does not list this model" in words and "other" in words for words in found.words())


def test_a_server_that_insists_on_the_model_says_so(standin: OneStandIn) -> None:
    found = found_by(standin.begin(model="other", check_model=True))
    assert not found.answers
    assert found.models == ("other",)
    assert "404" in found.problem
    assert "'tiny' does not exist" in found.problem


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("401", "refused the key"),
        ("403", "refused the key"),
        ("429", "asked too much"),
        ("503", "status 503"),
        ("500", "status 500"),
        ("html", "web page"),
        ("empty", "no chat completion"),
        ("garbage", "not valid JSON"),
        ("close", "closed the connection"),
        ("cut", "ended in the middle"),
        ("bomb", "packed"),
        ("huge", "larger than"),
        ("redirect", "another address"),
    ],
)
def test_why_it_cannot_be_asked(standin: OneStandIn, fault: str, words: str) -> None:
    found = found_by(standin.begin(fault=fault))
    assert not found.answers
    assert not found.complete
    assert words in found.problem
    assert found.words() == ["Did not answer."]
    assert found.best_mode() == "generate"
    assert standin.stats()["redirected"] == 0


@pytest.mark.parametrize("adapter", ["openai", "nanochat"])
@pytest.mark.parametrize("fault", ["silence", "trickle"])
def test_a_silent_server_is_not_waited_for(standin: OneStandIn, adapter: str, fault: str) -> None:
    began = time.monotonic()
    found = found_by(standin.begin(fault=fault), adapter, try_seconds=0.5)
    assert time.monotonic() - began < 3
    assert "within 0.5 seconds" in found.problem


def test_a_slow_server_is_asked_for_the_given_time_only_and_the_rest_left_open(standin: OneStandIn) -> None:
    began = time.monotonic()
    found = found_by(standin.begin(latency_ms=200), seconds=0.7)
    assert time.monotonic() - began < 3
    assert found.answers
    assert found.best_mode() == "letters"
    assert not found.complete
    assert (found.streams, found.seed) == (None, None)
    assert "0.7 s" in found.problem
    assert found.words()[-1].startswith("The probe ended before")


def test_an_error_after_the_first_answer_keeps_what_was_found(standin: OneStandIn) -> None:
    found = found_by(standin.begin(fault="429", fault_after=2))
    assert found.answers
    assert found.gives_letters()
    assert (found.complete, found.logit_bias) == (False, None)


@pytest.mark.parametrize("adapter", ["openai", "nanochat"])
def test_nothing_listens(standin: OneStandIn, port: int, adapter: str) -> None:
    found = probe(Connection(adapter, f"http://127.0.0.1:{port}", "tiny"), POLICY)
    assert "nothing answers at this address" in found.problem


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/v1", "http://[::ffff:127.0.0.1]:9/v1", "http://localhost:9/v1"]
)
def test_a_private_address_that_nobody_allowed_is_not_called(address: str) -> None:
    found = probe(Connection("openai", address, "tiny"), AddressPolicy())
    assert "private address" in found.problem


def test_a_key_that_a_server_sends_back_is_blacked_out(standin: OneStandIn) -> None:
    found = found_by(standin.begin(key="another", echo_key=True))
    assert HIDDEN in found.problem
    assert KEY not in repr(found)
    assert KEY not in repr(found_by(standin.begin(model=f"model {KEY}")))


def test_nanochat(standin: OneStandIn) -> None:
    found = found_by(standin.begin(rule="echo"), "nanochat")
    assert (found.answers, found.streams, found.max_tokens, found.repeats) == (True, True, True, True)
    assert found.best_mode() == "generate"
    assert found.words()[0].startswith("Gives no probabilities")
    assert (found.seed, found.logit_bias) == (None, None)


def test_nanochat_that_ends_without_its_mark(standin: OneStandIn) -> None:
    found = found_by(standin.begin(fault="cut"), "nanochat")
    assert (found.answers, found.streams) == (True, False)


@pytest.mark.parametrize("adapter", ["reference", "chance"])
def test_a_baseline_is_not_asked(adapter: str) -> None:
    found = probe(Connection(adapter), POLICY)
    assert (found.answers, found.complete, found.problem) == (True, True, "")
    assert len(found.words()) == 1


def test_findings_come_back_from_json(standin: OneStandIn) -> None:
    found = found_by(standin.begin())
    assert Findings.from_dict(found.to_dict()) == found
    assert Findings.from_dict({}) == Findings()
    assert Findings.from_dict({"from a later version": 1, "answers": True}).answers
