"""The panel of conversations that were imported with the same text."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations.duplicates import MOST_SHOWN

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER))
    return client


def page(client: Client, pk: int) -> str:
    return client.get(reverse("conversations:conversation", args=[pk])).content.decode()


def test_others_with_the_same_text_stand_beside_it(reader: Client) -> None:
    first = make_conversation(make_source("here"), chat("Same?", "Yes."))
    second = make_conversation(make_source("there"), chat("Same?", "Yes."))
    make_conversation(make_source("elsewhere"), chat("Same?", "No."))
    text = page(reader, first.pk)
    assert "Same text" in text
    assert f"{second}</a>" in text
    assert "elsewhere" not in text


def test_alone_in_the_trash_or_many(reader: Client) -> None:
    source, trashed = make_source("here"), make_source("trashed")
    first = make_conversation(source, chat("Same?", "Yes."))
    make_conversation(trashed, chat("Same?", "Yes."))
    trashed.deleted_at = timezone.now()
    trashed.save()
    assert "Same text" not in page(reader, first.pk)
    for _ in range(MOST_SHOWN + 1):
        make_conversation(source, chat("Same?", "Yes."))
    assert f"the first {MOST_SHOWN}:" in page(reader, first.pk)
