"""The page of a conversation that several reviewers decide about without seeing each other."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user
from tests.review.given_verdicts import make_item, make_queue
from tests.review.making import client_of
from webapp.accounts.models import Role, User
from webapp.conversations.models import Conversation, Status
from webapp.review.models import QueueItem

pytestmark = pytest.mark.django_db
WORDS = "It is in the queue “gsm8k twice”, where 2 reviewers decide without seeing each other. Decide there."
BUTTON = 'value="approved" data-key="a"'


def page(client: Client, item: QueueItem) -> str:
    return str(client.get(f"/conversations/{item.conversation_id}/").content.decode())


def decide(client: Client, item: QueueItem, action: str = "decide", **fields: Any) -> Any:
    sent = {"version": 1, "seen_flag": 0, "status": "approved"} | fields
    return client.post(f"/conversations/{item.conversation_id}/{action}", sent)


def status_of(item: QueueItem) -> int:
    return Conversation.objects.get(pk=item.conversation_id).status


def test_a_reviewer_decides_in_the_queue(adas: Client) -> None:
    item = make_item(make_queue())
    shown = page(adas, item)
    assert WORDS in shown
    assert f'href="/review/{item.queue_id}/"' in shown
    assert BUTTON not in shown
    assert "Flag <kbd" in shown
    refused = decide(adas, item)
    assert (refused.status_code, WORDS in refused.content.decode()) == (409, True)
    assert status_of(item) == Status.UNREVIEWED


def test_saving_an_edit_does_not_approve_either(adas: Client) -> None:
    item = make_item(make_queue())
    turn = {"turns": 1, "start": 0, "end": 1, "role-0": "user", "text-0": "another question"}
    refused = decide(adas, item, "edit", do="approve", **turn)
    assert (refused.status_code, WORDS in refused.content.decode()) == (409, True)
    assert status_of(item) == Status.UNREVIEWED


def test_a_curator_is_warned_and_decides(client: Client) -> None:
    item = make_item(make_queue())
    client.force_login(make_user(Role.CURATOR))
    shown = page(client, item)
    assert WORDS in shown
    assert BUTTON in shown
    assert decide(client, item).status_code == 302
    assert status_of(item) == Status.APPROVED


def test_who_has_decided_or_is_not_asked_decides_on_the_page(ada: User, bob: User) -> None:
    queue = make_queue()
    item = make_item(queue, {ada: "approved"})
    assert WORDS not in page(client_of(ada), item)
    assert WORDS in page(client_of(bob), item)
    queue.assignees.set([ada])
    assert WORDS not in page(client_of(bob), item)
    assert WORDS not in page(client_of(make_user(Role.VIEWER)), item)


def test_a_queue_of_one_reviewer_says_nothing(adas: Client) -> None:
    item = make_item(make_queue(overlap=1))
    assert BUTTON in page(adas, item)
    assert decide(adas, item).status_code == 302
