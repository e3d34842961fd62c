"""What no database can hold, in fields that are read without a form: refused, on both databases alike."""

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import chat, make_conversation, make_user
from webapp.accounts.models import Role
from webapp.conversations.actions.review import save_edit
from webapp.conversations.models import Conversation
from webapp.conversations.searching import QUERY_LIMIT
from webapp.mixtures.models import FoundRows

pytestmark = pytest.mark.django_db
NUL = "a\0b"


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR))
    return client


def test_a_nul_in_the_reason_of_an_edit(curator: Client) -> None:
    conversation = make_conversation(messages=chat("q", "a"))
    turns = {"turns": 2, "start": 0, "end": 2, "role-0": "user", "text-0": "q", "role-1": "assistant", "text-1": "b"}
    response = curator.post(
        reverse("conversations:edit", args=[conversation.pk]), turns | {"version": 1, "reason": NUL}
    )
    assert response.status_code == 400
    assert Conversation.objects.get().version == 1


def test_a_nul_in_the_reason_of_going_back(curator: Client) -> None:
    conversation = make_conversation()
    save_edit(conversation_id=conversation.pk, version=1, messages=chat("a", "b"), by=None)
    sent = {"version": 2, "restored": 1, "reason": NUL}
    assert curator.post(reverse("conversations:restore", args=[conversation.pk]), sent).status_code == 400


@pytest.mark.parametrize(
    "sent",
    [
        {"action": "skip", "note": NUL},
        {"action": "skip", "note": "x" * 501},
        {"action": "flag", "reason": NUL},
        {"action": "skip", "filter": "q=a%00b"},
        {"action": "skip", "filter": "subject=a%00b"},
    ],
)
def test_a_bulk_change(curator: Client, sent: dict[str, str]) -> None:
    response = curator.post(reverse("conversations:bulk"), {"ids": [make_conversation().pk]} | sent)
    assert response.status_code == 400


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "x", "\u0663"])
def test_a_deleted_source_that_cannot_be(curator: Client, number: str) -> None:
    assert curator.get(reverse("conversations:sources"), {"deleted": number}).status_code == 200


def test_the_longest_search_becomes_a_component(curator: Client) -> None:
    text = ("abcdefghijklmnopqrstuvwxyz " * 40)[:QUERY_LIMIT].strip()
    sent = {"query": f"q={quote(text)}", "name": "Long"}
    assert curator.post(reverse("mixtures:use_filter"), sent).status_code == 302
    assert FoundRows.objects.get().query == text
