"""The panel of verdicts beside a conversation: shown when all have decided, never before."""

import pytest
from django.test import Client

from tests.factories import make_conversation, make_user
from tests.review.given_verdicts import State, make_item, make_queue, make_verdict
from webapp.accounts.models import Role, User
from webapp.conversations.models import Conversation
from webapp.review.models import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(client: Client) -> list[User]:
    users = [make_user(Role.REVIEWER, username=name) for name in ("ada", "bob", "cyd")]
    client.force_login(users[0])
    return users


def page(client: Client, conversation: Conversation) -> str:
    response = client.get(f"/conversations/{conversation.pk}/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_all_verdicts_are_shown_once_all_are_in(client: Client, people: list[User]) -> None:
    _, bob, cyd = people
    queue = make_queue()
    item = make_item(queue, {bob: "approved", cyd: "rejected"}, note="the sum is off")
    text = page(client, item.conversation)
    assert 'id="panel-verdicts"' in text
    assert "they disagree" in text
    assert '<span class="status status-rejected">rejected</span> cyd' in text
    assert "the sum is off" in text
    assert f'href="/review/{queue.pk}/disagreements"' in text


def test_who_has_not_decided_yet_sees_none(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    item = make_item(make_queue(), {bob: "rejected"}, note="a secret")
    assert "panel-verdicts" not in page(client, item.conversation)
    assert "a secret" not in page(client, item.conversation)
    make_verdict(item, ada, "rejected")
    assert "panel-verdicts" not in page(client, item.conversation)  # still open
    item.state = State.AGREED
    item.save()
    assert "a secret" in page(client, item.conversation)


def test_another_queue_that_is_open_keeps_them_hidden(client: Client, people: list[User]) -> None:
    ada, bob, cyd = people
    conversation = make_conversation()
    make_item(make_queue("first"), {bob: "approved", cyd: "rejected"}, conversation=conversation)
    second = make_item(make_queue("second"), {bob: "rejected"}, conversation=conversation)
    assert "panel-verdicts" not in page(client, conversation)
    make_verdict(second, ada, "approved")
    assert "panel-verdicts" in page(client, conversation)


def test_who_adjudicates_sees_them(client: Client, people: list[User]) -> None:
    _, bob, cyd = people
    queue = make_queue()
    item = make_item(queue, {bob: "approved", cyd: "skipped"})
    settle = make_queue("settle", kind=Queue.Kind.ADJUDICATION, parent=queue, overlap=1)
    make_item(settle, conversation=item.conversation)
    assert "panel-verdicts" in page(client, item.conversation)


def test_the_decision_of_one_reviewer_is_no_verdict(client: Client, people: list[User]) -> None:
    item = make_item(make_queue(overlap=1), {people[1]: "approved"})
    assert "panel-verdicts" not in page(client, item.conversation)


def test_a_settled_one_says_so_here_and_in_the_list(client: Client, people: list[User]) -> None:
    _, bob, cyd = people
    queue = make_queue()
    item = make_item(queue, {bob: "approved", cyd: "rejected"}, state=State.ADJUDICATED)
    assert "disagreed, settled" in page(client, item.conversation)
    response = client.get(f"/review/{queue.pk}/disagreements")
    assert "settled" in response.content.decode()


def test_a_viewer_sees_them_without_a_link(client: Client, people: list[User]) -> None:
    _, bob, cyd = people
    item = make_item(make_queue(), {bob: "approved", cyd: "approved"})
    client.force_login(make_user(Role.VIEWER))
    text = page(client, item.conversation)
    assert "panel-verdicts" in text
    assert "/disagreements" not in text
