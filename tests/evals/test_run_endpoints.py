"""Runs that ask a real server over the network: the stand-in, in this machine, in a process of its own."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.evals.making import make_endpoint
from tests.evals.working import choice_source, code_source, evaluate, number_source, outcomes, start, tallied, work
from tests.standin import StandIn
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.models import Source
from webapp.evals import worker
from webapp.evals.actions.runs import resume_run, retry_run
from webapp.evals.counts import live_numbers
from webapp.evals.grading import grade
from webapp.evals.keys import encrypt
from webapp.evals.models import Adapter, Answer, EvalResult, EvalRun, ModelEndpoint

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.ENDPOINT_LOOPBACK = True


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    with StandIn(tmp_path / "standin") as found:
        yield found


def endpoint_of(server: StandIn, **fields: Any) -> ModelEndpoint:
    defaults: dict[str, Any] = {"address": server.address, "tries": 1, "timeout_seconds": 5}
    return make_endpoint(**(defaults | fields))


def answers_of(source: Source, folder: Path, *, wrong: int = 0) -> str:
    """A file from which the stand-in knows the right answers, but `wrong` of them."""
    found = {}
    for number, row in enumerate(source.conversations.select_related("text").order_by("pk")):
        question, answer = row.text.message_list()
        found[question["content"]] = answer["content"] if number >= wrong else "#### 999999"
    path = folder / "answers.json"
    path.write_text(json.dumps(found))
    return str(path)


def test_letters_are_scored_by_their_probabilities(server: StandIn) -> None:
    server.behave(rule="letters", seed=3)
    run = evaluate(choice_source(40), endpoint_of(server))
    assert (run.state, run.configuration["mode"]) == (EvalRun.State.DONE, "letters")
    assert outcomes(run) == tallied(run)
    assert set(outcomes(run)) == {"right", "wrong"}
    answer = run.results.select_related("answer").order_by("pk")[0].answer
    assert answer is not None
    assert set(answer.letter_logprobs()) <= set("ABCD")
    assert answer.letter_logprobs()
    assert all(value <= 0 for value in answer.letter_logprobs().values())


def test_letters_that_are_in_no_list_are_forced(server: StandIn) -> None:
    server.behave(rule="letters", hide_letters=True)
    run = evaluate(choice_source(6), endpoint_of(server))
    assert run.configuration["mode"] == "forced"
    assert set(outcomes(run)) <= {"right", "wrong"}
    assert run.results.filter(answer__forced=True).count() == 6


def test_without_probabilities_the_letter_is_read_out_of_the_answer(server: StandIn) -> None:
    server.behave(rule="always", answer="The answer is B.", logprobs=False, logit_bias=False, tokenize="")
    run = evaluate(choice_source(8), endpoint_of(server))
    assert run.configuration["mode"] == "generate"
    assert outcomes(run) == {"right": 2, "wrong": 6}
    assert {row.extracted for row in run.results.all()} == {"B"}


def test_a_mode_that_the_endpoint_cannot_do_is_refused(server: StandIn) -> None:
    server.behave(logprobs=False)
    run = start(choice_source(2), endpoint_of(server), mode="letters")
    job = work(run)
    assert (job.state, job.final) == (Job.State.FAILED, True)
    assert "cannot be asked for" in run.reason


def test_numbers_are_asked_and_scored(server: StandIn, tmp_path: Path) -> None:
    source = number_source(20)
    server.behave(rule="file", answers=answers_of(source, tmp_path, wrong=5))
    run = evaluate(source, endpoint_of(server))
    assert outcomes(run) == tallied(run) == {"right": 15, "wrong": 5}
    assert live_numbers(run).counts.accuracy == 0.75


def test_the_answers_of_nanochats_own_server(server: StandIn, tmp_path: Path) -> None:
    source = number_source(6)
    server.behave(rule="file", answers=answers_of(source, tmp_path))
    run = evaluate(source, endpoint_of(server, adapter=Adapter.NANOCHAT, address=server.nanochat_address))
    assert (run.configuration["mode"], outcomes(run)) == ("generate", {"right": 6})


def test_programs_are_run(server: StandIn, tmp_path: Path) -> None:
    source = code_source()
    server.behave(rule="file", answers=answers_of(source, tmp_path))
    run = evaluate(source, endpoint_of(server))
    assert outcomes(run) == {"right": 2}
    assert run.configuration["sandbox"] in {"bubblewrap", "landlock"}
    server.behave(rule="always", answer="import os\nos._exit(0)")
    cheating = evaluate(source, endpoint_of(server, model="a cheat"))
    assert outcomes(cheating) == {"wrong": 2}
    assert {row.kind for row in cheating.results.all()} == {"early_exit"}


def test_nothing_is_asked_twice(server: StandIn) -> None:
    source, endpoint = number_source(10), endpoint_of(server)
    first = evaluate(source, endpoint)
    prompts = server.stats()["prompts"]
    again = evaluate(source, endpoint)
    assert (first.from_store, again.from_store) == (0, 10)
    assert outcomes(again) == outcomes(first)
    asked_again = {prompt for prompt, count in server.stats()["prompts"].items() if count != prompts.get(prompt)}
    questions = number_source(10).conversations.count()
    assert len(asked_again) < questions  # those of the probe only
    warm = evaluate(source, endpoint, temperature=0.5)
    assert warm.from_store == 0


def test_another_key_limit_or_try_asks_nothing_anew(server: StandIn) -> None:
    source, endpoint = number_source(3), endpoint_of(server)
    evaluate(source, endpoint)
    ModelEndpoint.objects.filter(pk=endpoint.pk).update(concurrency=2, tries=2, encrypted_key=encrypt("sk-new"))
    endpoint.refresh_from_db()
    assert evaluate(source, endpoint).from_store == 3


def test_a_model_without_a_name_is_asked_anew_by_each_run(server: StandIn) -> None:
    """Behind the same address there may be another checkpoint by now."""
    source = number_source(4)
    endpoint = endpoint_of(server, adapter=Adapter.NANOCHAT, address=server.nanochat_address, model="")
    server.behave(answer="#### 1")
    assert outcomes(evaluate(source, endpoint)) == {"right": 1, "wrong": 3}
    server.behave(answer="no idea")
    second = evaluate(source, endpoint)
    assert (second.from_store, outcomes(second)) == (0, {"no_answer": 4})


def test_answers_are_asked_for_anew_where_that_is_wanted(server: StandIn) -> None:
    source, endpoint = number_source(3), endpoint_of(server)
    evaluate(source, endpoint)
    assert evaluate(source, endpoint, reuse=False).from_store == 0
    assert evaluate(source, endpoint).from_store == 3


def test_a_run_does_not_go_on_with_another_server(server: StandIn) -> None:
    endpoint = endpoint_of(server, encrypted_key=encrypt("sk-of-the-first"))
    run = start(number_source(30), endpoint)
    server.behave(fault="401", fault_after=12)
    work(run)
    ModelEndpoint.objects.filter(pk=endpoint.pk).update(address="https://other.example/v1")
    resume_run(run=run, by=None, send=False)
    job = work(run)
    assert (job.state, job.final, run.state) == (Job.State.FAILED, True, EvalRun.State.FAILED)
    assert "another one" in run.reason


def test_a_stopped_run_has_a_report_of_what_is_there(server: StandIn) -> None:
    run = start(number_source(30), endpoint_of(server))
    server.behave(fault="401", fault_after=15)
    work(run)
    assert run.state == EvalRun.State.PAUSED
    assert 0 < run.report["rows"] < 30


def test_samples_differ_and_can_be_drawn_again(server: StandIn) -> None:
    server.behave(rule="letters", logprobs=False)
    source, endpoint = choice_source(4), endpoint_of(server)
    run = evaluate(source, endpoint, samples=5, temperature=1.0)
    assert (run.total, run.done, run.from_store) == (20, 20, 0)
    assert run.report["pass_at_k"]
    assert evaluate(source, endpoint, samples=5, temperature=1.0).from_store == 20


def test_a_failure_of_the_server_is_an_error_and_never_wrong(server: StandIn) -> None:
    source, endpoint = number_source(12), endpoint_of(server)
    server.behave(rule="always", answer="#### 3", fault="500", fault_match="What is 7 +")
    run = evaluate(source, endpoint)
    assert outcomes(run) == tallied(run) == {"right": 1, "wrong": 10, "error": 1}
    assert live_numbers(run).counts.scored == 11
    failed = run.results.get(outcome="error")
    assert (failed.kind, failed.answer) == ("http_500", None)
    server.behave(fault="")
    before = server.stats()["total"]
    assert retry_run(run=run, by=None, send=False) == 1
    work(run)
    assert outcomes(run) == tallied(run) == {"right": 1, "wrong": 11}
    assert server.stats()["total"] - before == 1


def test_a_refused_key_pauses_the_run_once(server: StandIn) -> None:
    server.behave(key="sk-right", answer="#### 1")
    source = number_source(30)
    endpoint = endpoint_of(server, encrypted_key=encrypt("sk-right"))
    run = start(source, endpoint)
    server.behave(fault="401", fault_after=12)
    job = work(run)
    assert (job.state, run.state) == (Job.State.FAILED, EvalRun.State.PAUSED)
    assert "key" in run.reason
    assert "sk-right" not in run.reason
    assert "error" not in outcomes(run)
    server.behave(fault="")
    resume_run(run=run, by=None, send=False)
    work(run)
    assert (run.state, run.done) == (EvalRun.State.DONE, 30)


def test_a_dead_endpoint_pauses_the_run(server: StandIn) -> None:
    source, endpoint = number_source(60), endpoint_of(server)
    run = start(source, endpoint)
    server.behave(fault="500", fault_after=20)
    work(run)
    assert run.state == EvalRun.State.PAUSED
    assert run.done < 60
    server.behave(fault="")
    resume_run(run=run, by=None, send=False)
    work(run)
    if outcomes(run).get("error"):
        retry_run(run=run, by=None, send=False)
        work(run)
    assert (run.state, sum(outcomes(run).values())) == (EvalRun.State.DONE, 60)


def test_an_endpoint_that_does_not_answer_the_probe_pauses_before_anything_is_asked(server: StandIn) -> None:
    endpoint = endpoint_of(server)
    server.stop()
    run = start(number_source(2), endpoint)
    work(run)
    assert run.state == EvalRun.State.PAUSED
    assert "does not answer" in run.reason
    server.start()
    resume_run(run=run, by=None, send=False)
    work(run)
    assert run.state == EvalRun.State.DONE


def test_the_configuration_is_that_of_the_start(server: StandIn) -> None:
    endpoint = endpoint_of(server, encrypted_key=encrypt("sk-secret"))
    run = evaluate(number_source(1), endpoint)
    frozen = run.configuration
    assert frozen["endpoint"] == {
        "name": endpoint.name, "adapter": "openai", "address": server.address, "model": "tiny",
    }  # fmt: skip
    assert {"findings", "mode", "scorer", "prompt", "winnow", "sandbox", "graders"} <= frozen.keys()
    assert "sk-secret" not in json.dumps(frozen)


def test_a_key_that_comes_back_in_an_answer_is_not_kept(server: StandIn) -> None:
    server.behave(answer="You sent sk-secret-and-long. #### 0")
    run = evaluate(number_source(2), endpoint_of(server, encrypted_key=encrypt("sk-secret-and-long")))
    assert outcomes(run) == {"right": 1, "wrong": 1}
    texts = [answer.text for answer in Answer.objects.all()]
    assert len(texts) == 2
    assert not [text for text in texts if "sk-secret" in text]


def test_an_error_that_no_database_can_hold_is_an_error_of_its_item(server: StandIn) -> None:
    server.behave(fault="400", odd_error=True, fault_match="What is 1 +")
    run = evaluate(number_source(3), endpoint_of(server))
    assert run.state == EvalRun.State.DONE
    failed = run.results.get(outcome="error")
    assert (failed.kind, "odd \ufffd and \ufffd" in failed.detail) == ("bad_request", True)


def test_asking_does_not_run_far_ahead_of_scoring(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits to be scored would be asked again after a kill."""
    waiting: list[int] = []
    real_room = worker.Worker._room

    def watched_room(self: worker.Worker) -> int:
        waiting.append(len(self.replies))
        return real_room(self)

    def slow_grade(*arguments: Any) -> Any:
        time.sleep(0.03)  # as long as a program runs
        return grade(*arguments)

    monkeypatch.setattr(worker, "SCORE_SECONDS", 0.1)
    monkeypatch.setattr(worker.Worker, "_room", watched_room)
    monkeypatch.setattr("webapp.evals.worker.grade", slow_grade)
    evaluate(number_source(150), endpoint_of(server, concurrency=4))
    assert max(waiting) < 75


def test_a_long_pause_that_the_server_asks_for_gives_the_worker_back(server: StandIn) -> None:
    source, endpoint = number_source(20), endpoint_of(server, tries=3)
    run = start(source, endpoint)
    server.behave(fault="429", fault_after=14, fault_times=3, retry_after="60")
    assert run.job_id is not None
    job = run_slice(run.job_id, slice_seconds=5)
    assert job is not None
    assert (job.state, job.step) == (Job.State.QUEUED, "the server asked to wait")
    assert job.wait_until is not None
    assert 40 < (job.wait_until - timezone.now()).total_seconds() <= 61
    assert run_slice(run.job_id, slice_seconds=5) is None  # nobody may take it before
    assert not run.results.filter(state=EvalResult.State.CLAIMED).exists()
    Job.objects.filter(pk=job.pk).update(wait_until=timezone.now() - timedelta(seconds=1))
    server.behave(fault="")
    work(run, slice_seconds=5)
    assert (run.state, outcomes(run).get("error", 0), run.done) == (EvalRun.State.DONE, 0, 20)


def test_questions_that_are_refused_one_by_one_do_not_stop_the_run(server: StandIn) -> None:
    server.behave(fault="400", fault_match="+ 0")
    run = evaluate(number_source(25), endpoint_of(server))
    assert (run.state, outcomes(run)) == (EvalRun.State.DONE, {"error": 25})
