"""The page of a run: its numbers, how they fill, its report, and its buttons."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.evals.making import make_answer, make_endpoint, make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.common.models import Job
from webapp.evals.models import EvalRun
from webapp.evals.reporting import write_report
from webapp.evals.sharing import LEAD

pytestmark = pytest.mark.django_db

Columns = dict[str, Any]


@pytest.fixture
def curator(client: Client) -> User:
    user = make_user(Role.CURATOR, username="ada")
    client.force_login(user)
    return user


def run_of(*rows: Columns, **fields: Any) -> EvalRun:
    source = make_source("GSM8K main test")
    selection = {"filter": {"source": [source.pk]}, "sample": None, "seed": 42}
    return make_run(
        [(make_conversation(source), {"task": "gsm8k"} | row) for row in rows], selection=selection, **fields
    )


def outcomes(*names: str, **columns: Any) -> list[Columns]:
    return [{"outcome": name} | columns for name in names]


def make_job(run: EvalRun, **fields: Any) -> Job:
    return Job.objects.create(kind=LEAD, title=f"Evaluate {run}", parameters={"run": run.pk}, **fields)


def page(client: Client, run: EvalRun, **headers: str) -> str:
    response = client.get(f"/evaluate/{run.pk}/", headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_accuracy_stands_with_its_interval_and_errors_beside_it(client: Client, curator: User) -> None:
    run = run_of(*outcomes("right", "right", "right", "wrong", "no_answer"), *outcomes("error", kind="rate_limited"))
    shown = page(client, run)
    assert '<div class="big-number">60.0 %</div>' in shown
    assert "95 % interval 23.1 % to 88.2 %" in shown
    assert "<dd>3 of 5</dd>" in shown
    assert "<dt>Of those that gave an answer</dt><dd>75.0 %</dd>" in shown
    assert "<dt>Errors, not in the accuracy</dt><dd>1</dd>" in shown
    assert (
        f'<a href="/evaluate/{run.pk}/items/?outcome=error&amp;kind=rate_limited"><strong>1</strong> too many' in shown
    )


def test_outcomes_and_subjects_lead_to_their_items(client: Client, curator: User) -> None:
    run = run_of(*outcomes("right", "wrong", subject="high_school_law"), *outcomes("wrong", subject="art"))
    shown = page(client, run)
    assert f'href="/evaluate/{run.pk}/items/?outcome=wrong"><strong>2</strong> wrong' in shown
    assert f'href="/evaluate/{run.pk}/items/?task=gsm8k&amp;subject=high_school_law&amp;outcome=wrong">1<' in shown
    assert shown.index(">art<") < shown.index(">high school law<")


def test_a_run_of_several_tasks_has_a_table_of_them(client: Client, curator: User) -> None:
    shown = page(client, run_of(*outcomes("right"), *outcomes("wrong", task="humaneval", kind="early_exit")))
    assert 'aria-label="Tasks"' in shown
    assert ">HumanEval<" in shown
    assert "ended itself before the tests were through" in shown


def test_strict_and_lenient_stand_side_by_side(client: Client, curator: User) -> None:
    run = run_of(*outcomes("right", lenient_right=True), *outcomes("wrong", "wrong", "no_answer", lenient_right=True))
    write_report(run.pk)
    shown = page(client, run)
    assert '<td class="number" data-label="Right">1 of 4</td>' in shown
    assert '<td class="number" data-label="Right">4 of 4</td>' in shown
    assert "3 answers are right by the lenient rule alone." in shown


def test_the_report_shows_letters_tokens_and_times(client: Client, curator: User) -> None:
    answer = {"answer": make_answer(prompt_tokens=900, completion_tokens=1, latency_ms=1234)}
    run = run_of(*outcomes("wrong", grader="letter", expected="A", extracted="C", task="mmlu", **answer))
    assert "follow when the report of this evaluation is written" in page(client, run)
    write_report(run.pk)
    shown = page(client, run)
    assert 'data-label="Letter">A</th>' in shown
    assert "Time until the answer" in shown
    assert "median 1,234 ms" in shown


def test_a_report_of_an_older_version_is_not_shown(client: Client, curator: User) -> None:
    run = run_of(*outcomes("right"), report={"version": 0, "letters": "something else"})
    assert "“Score again” writes it" in page(client, run)


def test_pass_at_k_is_shown_for_several_samples(client: Client, curator: User) -> None:
    conversation = make_conversation()
    rows = [
        (conversation, {"sample": n, "task": "humaneval"} | row) for n, row in enumerate(outcomes("right", "wrong"))
    ]
    run = make_run(rows)
    write_report(run.pk)
    assert '<td class="number" data-label="pass@k">50.0 %</td>' in page(client, run)


def test_several_samples_are_not_taken_for_as_many_questions(client: Client, curator: User) -> None:
    conversation = make_conversation()
    rows = [
        (conversation, {"sample": n, "task": "gsm8k", "subject": "sums", "lenient_right": True} | row)
        for n, row in enumerate(outcomes("right", "wrong"))
    ]
    run = make_run(rows, options={"samples": 2, "temperature": 1.0})
    shown = page(client, run)
    assert "No interval: answers to the same question are alike" in shown
    assert shown.count('<td data-label="95 % interval">–</td>') == 3  # strict, lenient, the subject
    write_report(run.pk)
    shown = page(client, run)
    assert "95 % interval 50.0 % to 50.0 %<" in shown
    assert "The interval is by bootstrap over problems" in shown


def test_what_was_asked_and_how(client: Client, curator: User) -> None:
    configuration = {"mode": "letters", "graders": ["letter"], "scorer": 1, "prompt": 1, "winnow": "1.0.0"}
    run = run_of(*outcomes("right"), configuration=configuration, selection_hash="ab" * 32, left_out=3)
    shown = page(client, run)
    for words in ("GSM8K main test", "ab" * 32, "log probabilities of the letters", "3 that nothing can score"):
        assert words in shown
    assert "scorer 1, prompt 1, Winnow 1.0.0" in shown


def test_where_the_model_is_curators_see_alone(client: Client, curator: User) -> None:
    run = run_of(*outcomes("right"), configuration={"endpoint": {"address": "http://gpu-box:8000/v1", "model": "m"}})
    assert '<dt>Address</dt><dd class="mono">http://gpu-box:8000/v1</dd>' in page(client, run)
    client.force_login(make_user(Role.VIEWER))
    for one in (run, make_run([(make_conversation(), {"outcome": "right"})])):
        shown = page(client, one)
        assert "Address" not in shown
        assert "http://" not in shown


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("openai", "Choices Temperature Longest answer Samples Seed"),
        ("chance", "Samples Seed"),
        ("reference", "Samples"),
    ],
)
def test_what_says_nothing_about_a_baseline_is_left_out(client: Client, curator: User, adapter: str, said: str) -> None:
    configuration = {"mode": "generate", "graders": ["letter"]}
    run = run_of(*outcomes("right"), configuration=configuration, endpoint=make_endpoint("it", adapter=adapter))
    facts = client.get(f"/evaluate/{run.pk}/").context["facts"]
    assert not any(fact.label == "Stored answers" for fact in facts)
    how = {"Choices", "Temperature", "Longest answer", "Samples", "Seed"}
    assert " ".join(fact.label for fact in facts if fact.label in how) == said


def test_a_run_that_goes_on_asks_for_its_numbers(client: Client, curator: User) -> None:
    run = run_of(*outcomes("right"), {}, state="running")
    shown = page(client, run)
    assert f'hx-get="/evaluate/{run.pk}/?seen=running-1"' in shown
    assert "right so far" in shown
    assert "<strong>1</strong> not asked yet" in shown


def test_without_scripts_a_live_run_says_to_reload(client: Client, curator: User) -> None:
    shown = page(client, run_of({}, state="running"))
    assert 'No answer yet.<span class="with-script"> The first ones will show here by themselves.</span>' in shown
    assert '<noscript><p class="muted">Reload the page to see newer numbers.</p></noscript>' in shown


def poll(client: Client, run: EvalRun, seen: str) -> Any:
    headers = {"HX-Request": "true", "HX-Target": "run-numbers"}
    return client.get(f"/evaluate/{run.pk}/", {"seen": seen}, headers=headers)


def test_new_numbers_come_as_a_part_of_the_page(client: Client, curator: User) -> None:
    run = run_of(*outcomes("right"), {}, state="running")
    assert poll(client, run, "running-1").status_code == 204
    response = poll(client, run, "running-0")
    assert response.status_code == 200
    assert response.content.decode().lstrip().startswith('<div class="stack wide-gap" id="run-numbers"')
    assert b"<html" not in response.content


def test_at_its_end_the_page_is_loaded_anew(client: Client, curator: User) -> None:
    response = poll(client, run_of(*outcomes("right")), "running-0")
    assert (response.status_code, response["HX-Refresh"]) == (204, "true")


def test_the_job_that_works_on_it_is_followed(client: Client, curator: User) -> None:
    run = run_of({}, state="running")
    job = run.job = make_job(run, state="running")
    run.save()
    assert f'id="job-{job.pk}"' in page(client, run)
    Job.objects.filter(pk=job.pk).update(state="done")
    assert f'id="job-{job.pk}"' not in page(client, run)


@pytest.mark.parametrize(
    ("state", "words", "button"),
    [
        ("paused", "The key was refused.", "resume"),
        ("failed", "Stopped by a failure.", "resume"),
        ("cancelled", "1 of 2 have an outcome", "resume"),
        ("running", "right so far", "cancel"),
        ("done", "Score the answers again", "rescore"),
    ],
)
def test_each_state_says_what_it_is_and_what_can_be_done(
    client: Client, curator: User, state: str, words: str, button: str
) -> None:
    run = run_of(*outcomes("right"), {}, state=state, reason="The key was refused.")
    shown = page(client, run)
    assert words in shown
    assert f'action="/evaluate/{run.pk}/{button}"' in shown


def test_errors_can_be_asked_again(client: Client, curator: User) -> None:
    assert "Ask again for 2 errors" in page(client, run_of(*outcomes("error", "error", "right")))


def test_a_viewer_reads_and_has_no_buttons(client: Client) -> None:
    client.force_login(make_user(Role.VIEWER))
    shown = page(client, run_of(*outcomes("error", "right")))
    assert "50.0 %" not in shown
    assert "100.0 %" in shown
    assert 'method="post" action="/evaluate/' not in shown


def test_another_curator_has_no_buttons_for_the_job_of_somebody(client: Client, curator: User) -> None:
    run = run_of(*outcomes("error"))
    run.job = make_job(run, state="done", created_by=make_user(Role.CURATOR))
    run.save()
    assert 'method="post" action="/evaluate/' not in page(client, run)


@pytest.mark.parametrize("state", ["choosing", "done"])
def test_a_run_without_results_has_a_page(client: Client, curator: User, state: str) -> None:
    run = make_run([], state=state, configuration={}, options={}, selection={})
    assert '<div class="big-number">–</div>' in page(client, run)


def test_a_stranger_logs_in_first(client: Client) -> None:
    assert client.get("/evaluate/1/")["Location"].startswith("/login")


def test_it_needs_a_get(client: Client, curator: User) -> None:
    assert client.post(f"/evaluate/{run_of(*outcomes('right')).pk}/").status_code == 405


def test_an_unknown_run_is_not_found(client: Client, curator: User) -> None:
    assert client.get("/evaluate/999999/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_run(client: Client, curator: User) -> None:
    small = run_of(*outcomes("right", subject="a"))
    source = make_source()
    rows = [(make_conversation(source), {"task": "mmlu", "outcome": "wrong", "subject": f"s{n}"}) for n in range(30)]
    counted = []
    for run in (small, make_run(rows)):
        with CaptureQueriesContext(connection) as queries:
            page(client, run)
        counted.append(len(queries))
    assert counted[0] >= counted[1]
    assert counted[0] <= 11
