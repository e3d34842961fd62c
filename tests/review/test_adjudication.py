"""The panel of verdicts beside a conversation: shown when all have decided, never before."""

import pytest
from django.test import Client

from tests.factories import make_conversation, make_user
from tests.review.given_verdicts import State, make_item, make_queue, make_verdict
from tests.review.making import ask, client_of, decision, entry, make_items, new_tab, send
from webapp.accounts.models import Role, User
from webapp.conversations.models import Conversation, Status
from webapp.review.models import Comment, Queue, QueueItem

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
    assert "panel-verdicts" not in page(client, conversation)
    QueueItem.objects.filter(pk=second.pk).update(state=QueueItem.State.DISAGREED)
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


def side(client: Client, queue: Queue) -> str:
    [item] = ask(client, queue, new_tab())["items"]
    return " ".join(f"{item['html']['side']} {item['html']['turns']}".split())


def test_from_two_reviewers_to_one_decision(people: list[User]) -> None:
    ada, bob, cyd = people
    queue = make_queue()
    [item] = make_items(queue)
    send(client_of(ada), decision(item, note="looks fine"), entry("comment", item, turn=1, text="Sure, @bob @cyd?"))
    before = side(client_of(bob), queue)
    assert "looks fine" not in before
    assert "Sure, " not in before
    assert "1 comment" not in before
    assert 'data-panel="verdicts"' not in before
    send(client_of(bob), decision(item, "rejected", note="off by one"))
    settle = Queue.objects.get(parent=queue)
    shown = side(client_of(cyd), settle)
    for words in ("looks fine", "off by one", "they disagree", "Sure, ", "1 comment"):
        assert words in shown
    [asked] = settle.items.all()
    send(client_of(cyd), decision(asked, "rejected"))
    item.refresh_from_db()
    item.conversation.refresh_from_db()
    assert item.state == State.ADJUDICATED
    assert item.conversation.status == Status.REJECTED
    text = client_of(cyd).get(f"/review/{queue.pk}/disagreements?state=settled").content.decode()
    assert f"/conversations/{item.conversation_id}/" in text


def test_a_comment_of_the_screen_tells_who_it_names(people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue(overlap=1)
    [item] = make_items(queue)
    said = entry("comment", item, turn=0, text="Look, @Bob.")
    results = send(client_of(ada), said, said, entry("comment", item, turn=7, text="nowhere"))
    assert [result["state"] for result in results] == ["done", "done", "refused"]
    comment = Comment.objects.get()
    assert (comment.turn, comment.created_by) == (0, ada)
    assert [mention.user for mention in comment.mentions.all()] == [bob]


def test_the_same_verdict_on_another_text_says_so(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue()
    item = make_item(queue, {ada: "approved", bob: "approved"}, state=State.DISAGREED)
    text = client.get(f"/review/{queue.pk}/disagreements").content.decode()
    assert f"/conversations/{item.conversation_id}/" in text
    assert "The same verdict, but the text changed in between." in text
