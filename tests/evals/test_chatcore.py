"""ChatCORE: which runs count, the centred mean, its interval, and its page."""

from typing import Any

import pytest
from django.test import Client

from tests.evals.making import make_endpoint, make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations.models import Source
from webapp.evals import chatcore
from webapp.evals.models import EvalRun, ModelEndpoint
from webapp.evals.reporting import write_report

pytestmark = pytest.mark.django_db

PARAMETERS: dict[chatcore.CoreTask, dict[str, Any]] = {
    chatcore.ARC_EASY: {"subset": "ARC-Easy", "split": "test"},
    chatcore.ARC_CHALLENGE: {"subset": "ARC-Challenge", "split": "test"},
    chatcore.MMLU: {"subset": "all", "split": "test", "subject": None},
    chatcore.GSM8K: {"subset": "main", "split": "test", "start": 0, "stop": None, "step": 1},
    chatcore.HUMANEVAL: {},
    chatcore.SPELLINGBEE: {"size": 256, "split": "test"},
}


@pytest.fixture
def endpoint() -> ModelEndpoint:
    return make_endpoint("tiny")


def source_of(task: chatcore.CoreTask, **parameters: Any) -> Source:
    return make_source(kind=Source.Kind.TASK, task=task.task, parameters=PARAMETERS[task] | parameters)


def run_over(source: Source, endpoint: ModelEndpoint, right: int, of: int, **fields: Any) -> EvalRun:
    """A run over a source, `right` of `of` questions right."""
    rows = [
        (make_conversation(source), {"task": source.task, "outcome": "right" if n < right else "wrong"})
        for n in range(of)
    ]
    selection = {"filter": {"source": [source.pk]}, "sample": None, "seed": 42} | fields.pop("selection", {})
    return make_run(rows, endpoint=endpoint, selection=selection, **fields)


def all_six(endpoint: ModelEndpoint, *without: chatcore.CoreTask) -> None:
    for task in chatcore.TASKS:
        if task not in without:
            run_over(source_of(task), endpoint, 5, 10)


def test_chance_is_zero_and_all_right_is_one() -> None:
    assert [chatcore.MMLU.centred(accuracy) for accuracy in (0.25, 1.0, 0.0)] == [0, 1, pytest.approx(-1 / 3)]
    assert chatcore.GSM8K.centred(0.4) == 0.4
    assert [task.chance for task in chatcore.TASKS] == [0.25, 0.25, 0.25, 0, 0, 0]


def test_it_is_the_mean_of_the_six(endpoint: ModelEndpoint) -> None:
    all_six(endpoint)
    scores = chatcore.all_scores()
    assert [one.endpoint for one in scores] == [endpoint]
    score, shorter = scores[0].chatcore, scores[0].without_spellingbee
    assert score is not None
    assert shorter is not None
    assert score.value == pytest.approx((3 * (0.25 / 0.75) + 3 * 0.5) / 6)
    assert shorter.value == pytest.approx((3 * (0.25 / 0.75) + 2 * 0.5) / 5)
    assert score.interval is not None
    assert score.interval.low < score.value < score.interval.high


def test_it_is_blank_while_a_task_is_missing(endpoint: ModelEndpoint) -> None:
    all_six(endpoint, chatcore.HUMANEVAL)
    scores = chatcore.all_scores()[0]
    assert (scores.chatcore, scores.without_spellingbee, scores.missing) == (None, None, ["HumanEval"])


def test_without_spellingbee_there_is_a_variant(endpoint: ModelEndpoint) -> None:
    all_six(endpoint, chatcore.SPELLINGBEE)
    scores = chatcore.all_scores()[0]
    assert scores.chatcore is None
    assert scores.without_spellingbee is not None


def test_the_newest_finished_run_counts(endpoint: ModelEndpoint) -> None:
    source = source_of(chatcore.GSM8K)
    run_over(source, endpoint, 1, 4)
    newest = run_over(source, endpoint, 3, 4)
    run_over(source, endpoint, 4, 4, state="running")
    run_over(source, endpoint, 4, 4, state="cancelled")
    found = chatcore.all_scores()[0].tasks[chatcore.GSM8K]
    assert (found.run, found.counts.accuracy) == (newest, 0.75)


def test_a_later_try_does_not_replace_the_whole_test_split(endpoint: ModelEndpoint) -> None:
    source = source_of(chatcore.GSM8K)
    run_over(source, endpoint, 1, 4, selection={"sample": 4})
    newest_try = run_over(source, endpoint, 2, 4, selection={"sample": 4})
    assert chatcore.all_scores()[0].tasks[chatcore.GSM8K].run == newest_try
    run_over(source, endpoint, 2, 4)
    whole = run_over(source, endpoint, 3, 4)
    run_over(source, endpoint, 4, 4, selection={"sample": 4})
    run_over(source_of(chatcore.GSM8K, split="train"), endpoint, 4, 4)
    make_run(
        [(make_conversation(source), {"task": "gsm8k", "outcome": "error"})],
        endpoint=endpoint,
        selection={"filter": {"source": [source.pk]}},
    )
    found = chatcore.all_scores()[0].tasks[chatcore.GSM8K]
    assert (found.run, found.remarks) == (whole, [])


def test_a_run_in_which_nothing_was_scored_counts_for_nothing(endpoint: ModelEndpoint) -> None:
    """A later run that only met errors does not take a number away, and one without any gives none."""
    gsm8k, arc = source_of(chatcore.GSM8K), source_of(chatcore.ARC_EASY)
    scored = run_over(gsm8k, endpoint, 3, 4)
    for rows in ([(gsm8k, "error")], [], [(gsm8k, "error"), (arc, "right")]):
        selection = {"filter": {"source": [gsm8k.pk, arc.pk]}}
        make_run(
            [(make_conversation(source), {"task": source.task, "outcome": name}) for source, name in rows],
            endpoint=endpoint, selection=selection,
        )  # fmt: skip
    tasks = chatcore.all_scores()[0].tasks
    assert tasks[chatcore.GSM8K].run == scored
    assert set(tasks) == {chatcore.GSM8K, chatcore.ARC_EASY}


def test_several_samples_have_no_interval_without_a_report(endpoint: ModelEndpoint) -> None:
    for task in chatcore.TASKS:
        run_over(source_of(task), endpoint, 5, 10, options={"samples": 2, "temperature": 1.0})
    score = chatcore.all_scores()[0].chatcore
    assert score is not None
    assert score.interval is None


@pytest.mark.parametrize(
    ("task", "parameters"),
    [(chatcore.GSM8K, {"subset": "socratic"}), (chatcore.MMLU, {"subset": "auxiliary_train"})],
)
def test_another_part_of_a_dataset_does_not_count(
    endpoint: ModelEndpoint, task: chatcore.CoreTask, parameters: dict[str, str]
) -> None:
    run_over(source_of(task, **parameters), endpoint, 1, 2)
    assert chatcore.all_scores() == []


def test_the_two_parts_of_arc_are_told_apart_by_their_source(endpoint: ModelEndpoint) -> None:
    run_over(source_of(chatcore.ARC_EASY), endpoint, 2, 2)
    run_over(source_of(chatcore.ARC_CHALLENGE), endpoint, 1, 2)
    tasks = chatcore.all_scores()[0].tasks
    assert {task.title: found.counts.right for task, found in tasks.items()} == {"ARC-Easy": 2, "ARC-Challenge": 1}


def test_a_run_over_both_parts_of_arc_counts_for_neither(endpoint: ModelEndpoint) -> None:
    sources = [source_of(task) for task in (chatcore.ARC_EASY, chatcore.ARC_CHALLENGE)]
    run_over(sources[0], endpoint, 2, 2, selection={"filter": {"source": [one.pk for one in sources]}})
    assert chatcore.all_scores() == []


def test_a_run_over_several_tasks_counts_for_each(endpoint: ModelEndpoint) -> None:
    arc, gsm8k = source_of(chatcore.ARC_EASY), source_of(chatcore.GSM8K)
    rows = [(make_conversation(source), {"task": source.task, "outcome": "right"}) for source in (arc, gsm8k)]
    make_run(rows, endpoint=endpoint, selection={"filter": {"source": [arc.pk, gsm8k.pk]}})
    assert set(chatcore.all_scores()[0].tasks) == {chatcore.ARC_EASY, chatcore.GSM8K}


@pytest.mark.parametrize(
    ("parameters", "selection", "remarks"),
    [
        ({}, {}, []),
        ({"split": "train"}, {}, ["train split"]),
        ({"stop": 100}, {}, ["a part"]),
        ({}, {"sample": 200}, ["a sample"]),
    ],
)
def test_what_is_not_the_whole_test_split_is_marked(
    endpoint: ModelEndpoint, parameters: dict[str, Any], selection: dict[str, Any], remarks: list[str]
) -> None:
    run_over(source_of(chatcore.GSM8K, **parameters), endpoint, 1, 2, selection=selection)
    assert chatcore.all_scores()[0].tasks[chatcore.GSM8K].remarks == remarks


def test_conversations_that_were_left_out_are_marked(endpoint: ModelEndpoint) -> None:
    run_over(source_of(chatcore.GSM8K), endpoint, 1, 2, left_out=1200)
    assert chatcore.all_scores()[0].tasks[chatcore.GSM8K].remarks == ["1,200 left out"]


def test_the_draws_are_those_of_the_report_and_otherwise_of_the_counts(endpoint: ModelEndpoint) -> None:
    run = run_over(source_of(chatcore.GSM8K), endpoint, 6, 10)
    from_counts = chatcore.all_scores()[0].tasks[chatcore.GSM8K].draws
    write_report(run.pk)
    from_report = chatcore.all_scores()[0].tasks[chatcore.GSM8K].draws
    for draws in (from_counts, from_report):
        assert len(draws) == 1000
        assert sum(draws) / 1000 == pytest.approx(0.6, abs=0.02)


def test_an_interval_is_of_the_same_width_as_the_binomial_one(endpoint: ModelEndpoint) -> None:
    """The standard error of the mean of six independent shares, 40 questions each, at 1/2."""
    for task in chatcore.TASKS:
        run_over(source_of(task), endpoint, 20, 40)
    score = chatcore.all_scores()[0].chatcore
    assert score is not None
    assert score.interval is not None
    variance = sum((1 / (1 - task.chance)) ** 2 * 0.25 / 40 for task in chatcore.TASKS) / 36
    assert score.interval.high - score.interval.low == pytest.approx(2 * 1.96 * variance**0.5, rel=0.1)


def page(client: Client) -> str:
    response = client.get("/evaluate/scores")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_page_says_what_is_missing(client: Client, endpoint: ModelEndpoint) -> None:
    client.force_login(make_user(Role.VIEWER))
    all_six(endpoint, chatcore.MMLU, chatcore.SPELLINGBEE)
    shown = page(client)
    assert "MMLU, SpellingBee missing" in shown
    assert "0.3333 centred" in shown


def test_the_page_shows_the_score_with_its_interval(client: Client, endpoint: ModelEndpoint) -> None:
    client.force_login(make_user(Role.VIEWER))
    all_six(endpoint)
    assert "<strong>0.4167</strong>" in page(client)
    assert ">Without SpellingBee<" in page(client)


def test_without_runs_the_page_says_what_comes_first(client: Client) -> None:
    client.force_login(make_user(Role.VIEWER))
    assert "No scores yet" in page(client)


def test_a_stranger_logs_in_first(client: Client) -> None:
    assert client.get("/evaluate/scores")["Location"].startswith("/login")


def test_it_needs_a_get(client: Client) -> None:
    client.force_login(make_user(Role.VIEWER))
    assert client.post("/evaluate/scores").status_code == 405
