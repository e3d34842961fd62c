"""Conversations by what came of them in an evaluation: the list, bulk changes, mixtures, and runs that are gone."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.evals.making import make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.common.errors import BadRequest
from webapp.common.running import run_slice
from webapp.conversations import filters
from webapp.conversations.actions.bulk import count_bulk, start_bulk
from webapp.conversations.filters import ConversationFilter, known_labels
from webapp.conversations.listing import Place, conversation_page
from webapp.conversations.models import Conversation, Flag
from webapp.evals.actions.runs import delete_run
from webapp.evals.models import EvalRun, Outcome
from webapp.mixtures.actions import create_mixture
from webapp.mixtures.recipes import Component, Recipe

pytestmark = pytest.mark.django_db
LIST = "/conversations/"


@pytest.fixture
def asked() -> tuple[EvalRun, list[Conversation]]:
    """A run that found the second and the fourth of five wrong, the fourth in both samples."""
    source = make_source("GSM8K test")
    rows = [make_conversation(source) for _ in range(5)]
    outcomes = ["right", "wrong", "no_answer", "wrong", "error"]
    asked: list[tuple[Conversation, dict[str, Any]]] = [
        (row, {"outcome": outcome}) for row, outcome in zip(rows, outcomes, strict=True)
    ]
    run = make_run([*asked, (rows[3], {"outcome": "wrong", "sample": 1})], name="qwen on GSM8K")
    make_run([(rows[0], {"outcome": "wrong"})])
    return run, rows


@pytest.fixture
def reviewer(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR), backend="django.contrib.auth.backends.ModelBackend")
    return client


def ids(wanted: ConversationFilter) -> list[int]:
    return [row.pk for row in conversation_page(wanted, Place()).rows]


def test_the_list_shows_each_once_with_a_chip(reviewer: Client, asked: tuple[EvalRun, list[Conversation]]) -> None:
    run, rows = asked
    response = reviewer.get(f"{LIST}?answer={run.pk}-wrong")
    assert [row.pk for row in response.context["rows"]] == [rows[1].pk, rows[3].pk]
    assert str(response.context["page"].count) == "2"
    page = response.content.decode()
    assert "wrong in qwen on GSM8K" in page
    assert f'href="{LIST}{rows[1].pk}/?answer={run.pk}-wrong"' in page
    assert f'<option value="{run.pk}-wrong" selected>' in page


def test_a_conversation_of_the_list_knows_its_neighbours(
    reviewer: Client, asked: tuple[EvalRun, list[Conversation]]
) -> None:
    run, rows = asked
    response = reviewer.get(f"{LIST}{rows[1].pk}/?answer={run.pk}-wrong")
    assert response.context["after"] == f"{LIST}{rows[3].pk}/?answer={run.pk}-wrong"
    assert response.context["before"] is None


def test_the_list_asks_no_more_for_it(
    reviewer: Client, asked: tuple[EvalRun, list[Conversation]], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(18 if connection.vendor == "sqlite" else 22):
        reviewer.get(f"{LIST}?answer={asked[0].pk}-wrong&status=unreviewed")


@pytest.mark.parametrize("query", ["answer=x", "answer=1-", "answer=1-wrong&answer=1-right"])
def test_bad_values_are_explained(reviewer: Client, query: str) -> None:
    response = reviewer.get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert "evaluation run" in response.content.decode() or "answer" in response.content.decode()


def test_a_deleted_run_leads_to_the_list_without_it(
    reviewer: Client, asked: tuple[EvalRun, list[Conversation]]
) -> None:
    run, rows = asked
    delete_run(run=run, by=None)
    for path in (LIST, f"{LIST}{rows[1].pk}/"):
        response = reviewer.get(f"{path}?status=unreviewed&answer={run.pk}-wrong")
        assert response.status_code == 404
        page = response.content.decode()
        assert f"There is no evaluation run with the number {run.pk}. It may have been deleted." in page
        assert f'href="{LIST}?status=unreviewed">Show the list without this filter</a>' in page
    assert reviewer.get(f"{LIST}?status=unreviewed").status_code == 200


def test_a_mixture_warns_of_a_deleted_run(reviewer: Client, asked: tuple[EvalRun, list[Conversation]]) -> None:
    run, _ = asked
    recipe = Recipe((Component(ConversationFilter(answer=f"{run.pk}-wrong")), Component(ConversationFilter())))
    mixture = create_mixture(name="hard ones", by=None, recipe=recipe)
    assert "is deleted" not in reviewer.get(f"/mixtures/{mixture.pk}/").content.decode()
    delete_run(run=run, by=None)
    page = reviewer.get(f"/mixtures/{mixture.pk}/").content.decode()
    assert page.count(f"“wrong in run {run.pk}” is deleted: nothing is found") == 1


@pytest.mark.parametrize("outcome", Outcome.values)
def test_both_ways_of_asking_agree(asked: tuple[EvalRun, list[Conversation]], outcome: str) -> None:
    run, rows = asked
    for more in ({}, {"source": (rows[0].source_id,)}, {"turns_min": 1, "status": ("unreviewed",)}):
        wanted = ConversationFilter(answer=f"{run.pk}-{outcome}", **more)
        applied = wanted.apply(Conversation.objects.all()).order_by("pk").values_list("pk", flat=True)
        assert ids(wanted) == list(applied)
        assert bool(applied) == (outcome != "cut_off")


def test_what_a_source_in_the_trash_holds_is_left_out(asked: tuple[EvalRun, list[Conversation]]) -> None:
    run, rows = asked
    rows[0].source.deleted_at = run.created_at
    rows[0].source.save()
    assert ids(ConversationFilter(answer=f"{run.pk}-wrong")) == []


def test_a_run_that_is_gone_matches_nothing() -> None:
    make_conversation()
    wanted = ConversationFilter.from_dict({"answer": "999-wrong"})
    assert (ids(wanted), wanted.describe()) == ([], "wrong in run 999")


def test_without_evaluations_the_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = {name: reader for name, reader in filters._READERS.items() if name != "answer"}
    monkeypatch.setattr(filters, "_READERS", readers)
    with pytest.raises(BadRequest, match="“answer” is not a filter"):
        ConversationFilter.from_query({"answer": "1-wrong"})


def test_many_filters_are_named_with_two_queries(
    asked: tuple[EvalRun, list[Conversation]], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run, rows = asked
    wanted = [ConversationFilter(source=(rows[0].source_id,), answer=f"{run.pk}-{one}") for one in Outcome.values]
    with django_assert_num_queries(2):
        known = known_labels(wanted)
        words = [one.describe(known) for one in wanted]
    assert words[3] == "GSM8K test · cut off in qwen on GSM8K"


def test_they_are_flagged_in_bulk(asked: tuple[EvalRun, list[Conversation]]) -> None:
    run, rows = asked
    by = make_user(Role.REVIEWER)
    chosen = ConversationFilter(answer=f"{run.pk}-wrong").to_dict()
    counted = count_bulk(action="flag", ids=None, chosen=chosen, by=by, reason="wrong-answer")
    run_slice(counted.pk, slice_seconds=None)
    counted.refresh_from_db()
    assert counted.result["changes"] == 2
    run_slice(start_bulk(counted=counted, by=by).pk, slice_seconds=None)
    assert sorted(Flag.objects.values_list("conversation_id", flat=True)) == [rows[1].pk, rows[3].pk]


def test_a_mixture_keeps_the_part(reviewer: Client, asked: tuple[EvalRun, list[Conversation]]) -> None:
    run, _ = asked
    recipe = Recipe((Component(ConversationFilter(answer=f"{run.pk}-wrong")),))
    mixture = create_mixture(name="hard ones", by=None, recipe=recipe)
    address = f"/mixtures/{mixture.pk}/components/0/edit"
    page = reviewer.get(address)
    assert "wrong in qwen on GSM8K" in page.content.decode()
    fields = {"version": mixture.version, "answer": f"{run.pk}-wrong", "repeats": 2}
    assert reviewer.post(address, fields).status_code == 302
    mixture.refresh_from_db()
    assert mixture.recipe["components"][0]["filter"] == {"answer": f"{run.pk}-wrong"}
    assert reviewer.post(address, fields | {"answer": "nonsense"}).status_code == 422


@given(value=st.text(max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused(value: str) -> None:
    try:
        found = ConversationFilter.from_dict({"answer": value})
    except BadRequest:
        return
    assert ConversationFilter.from_dict(found.to_dict()) == found
    assert found.answer == value
