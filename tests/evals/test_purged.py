"""Deleting the source of an evaluation for good: it is said before, and the run keeps its counts alone."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.evals.working import baseline, evaluate, number_source, tallied
from tests.factories import make_source, make_user
from webapp.accounts.models import Role
from webapp.common.errors import Conflict
from webapp.common.running import run_slice
from webapp.conversations.actions.sources import delete_source, purge_source
from webapp.conversations.models import Source
from webapp.evals.actions import runs as actions
from webapp.evals.models import EvalRun
from webapp.evals.purged import GONE

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.ADMIN, username="ada"))
    return client


@pytest.fixture
def source() -> Source:
    return number_source(2)


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_deleting_says_which_evaluations_lose_their_answers(curator: Client, source: Source) -> None:
    other = make_source()
    evaluate(source, baseline("reference"))
    evaluate(source, baseline("chance"), filter={"source": [source.pk, other.pk]})
    evaluate(None, baseline("chance"))
    words = "2 evaluations used this source. When it is deleted for good, their answers"
    assert words in read(curator, reverse("conversations:delete_source", args=[source.pk]))
    assert "1 evaluation used" in read(curator, reverse("conversations:delete_source", args=[other.pk]))
    delete_source(source=source, by=None)
    assert words in read(curator, reverse("conversations:purge_source", args=[source.pk]))


def test_where_no_evaluation_used_it_nothing_is_said(curator: Client, source: Source) -> None:
    evaluate(None, baseline("chance"))
    assert "used this source" not in read(curator, reverse("conversations:delete_source", args=[source.pk]))


def purged_run(state: str) -> EvalRun:
    source = number_source(2)
    run = evaluate(source, baseline("reference"))
    EvalRun.objects.filter(pk=run.pk).update(state=state)
    delete_source(source=source, by=None)
    run_slice(purge_source(source=source, by=None).pk, slice_seconds=None)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("state", ["done", "cancelled", "paused", "failed"])
def test_a_run_without_its_answers_says_so_and_offers_only_its_numbers(curator: Client, state: str) -> None:
    run = purged_run(state)
    shown = read(curator, f"/evaluate/{run.pk}/")
    assert GONE in shown
    assert "100.0 %" in shown
    assert "Resume" not in shown
    for rest in ("resume", "retry", "rescore"):
        assert f'action="/evaluate/{run.pk}/{rest}"' not in shown
    assert "Open the answers" not in shown
    assert f'action="/evaluate/{run.pk}/delete"' in shown


@pytest.mark.parametrize(
    ("action", "state"),
    [(actions.resume_run, "cancelled"), (actions.retry_run, "done"), (actions.rescore_run, "done")],
)
def test_nothing_can_be_asked_or_scored_without_the_conversations(action: Any, state: str) -> None:
    run = purged_run(state)
    with pytest.raises(Conflict, match=GONE):
        action(run=run, by=None, send=False)
    assert tallied(run) == {"right": 2}
    run.refresh_from_db()
    assert run.state == state


def test_a_run_with_its_answers_does_not_say_so(curator: Client, source: Source) -> None:
    assert GONE not in read(curator, f"/evaluate/{evaluate(source, baseline('reference')).pk}/")
