"""Deleting the source of an evaluation for good: it is said before, and the run keeps its counts alone."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.evals.working import baseline, evaluate, number_source
from tests.factories import make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations.actions.sources import delete_source
from webapp.conversations.models import Source

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
