"""Items that several people review: blind, decided when all agree, otherwise adjudicated."""

import threading

import pytest
from django.db import connections
from django.test import Client

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_user
from tests.review.making import ask, client_of, decision, entry, make_items, make_queue, new_tab, send, undo_of
from tests.review.queueing import refill
from webapp.accounts.models import User
from webapp.conversations.actions.review import save_edit
from webapp.conversations.models import Conversation, Decision, Status
from webapp.review.models import Queue, QueueItem, Verdict

pytestmark = pytest.mark.django_db
State = QueueItem.State


@pytest.fixture
def queue() -> Queue:
    return make_queue(overlap=2)


def counts(queue: Queue) -> tuple[int, int, int]:
    queue.refresh_from_db()
    return queue.total, queue.done, queue.disagreed


def state_of(item: QueueItem) -> tuple[int, int]:
    item.refresh_from_db()
    item.conversation.refresh_from_db()
    return item.state, item.conversation.status


def adjudicated_in(queue: Queue) -> QueueItem:
    return QueueItem.objects.select_related("queue", "conversation").get(queue__parent=queue)


def test_the_first_verdict_changes_nothing_that_others_see(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    [result] = send(adas, decision(item))
    assert (result["state"], result["version"], result["status"]) == ("done", 1, "unreviewed")
    assert state_of(item) == (State.OPEN, Status.UNREVIEWED)
    assert (item.verdicts_count, counts(queue), Decision.objects.count()) == (1, (1, 0, 0), 0)


def test_when_all_agree_that_is_the_status(adas: Client, bobs: Client, bob: User, queue: Queue) -> None:
    [item] = make_items(queue)
    send(adas, decision(item, "rejected"))
    [result] = send(bobs, decision(item, "rejected"))
    assert (result["version"], result["status"]) == (2, "rejected")
    assert state_of(item) == (State.AGREED, Status.REJECTED)
    assert counts(queue) == (1, 1, 0)
    assert (Decision.objects.get().note, Decision.objects.get().created_by) == ("2 of 2 reviewers agree", bob)
    assert_tallies_match()


def test_what_they_do_not_agree_about_is_adjudicated(adas: Client, bobs: Client, queue: Queue) -> None:
    item, other = make_items(queue, 2)
    for one in (item, other):
        send(adas, decision(one))
        send(bobs, decision(one, "rejected"))
    assert state_of(item) == (State.DISAGREED, Status.UNREVIEWED)
    assert counts(queue) == (2, 2, 2)
    lead = client_of(make_user())
    [adjudication] = Queue.objects.filter(parent=queue)
    assert (adjudication.kind, adjudication.name, adjudication.total) == (
        "adjudication",
        "first look: disagreements",
        2,
    )
    asked = QueueItem.objects.get(queue=adjudication, conversation=item.conversation_id)
    [result] = send(lead, made := decision(asked, "rejected"))
    assert result["status"] == "rejected"
    assert state_of(item) == (State.ADJUDICATED, Status.REJECTED)
    assert (counts(queue), counts(adjudication)) == ((2, 2, 1), (2, 1, 0))
    [refused] = send(adas, decision(item, "rejected"))
    assert (refused["state"], item.verdicts_count) == ("conflict", 2)
    assert send(lead, undo_of(made))[0]["status"] == "unreviewed"
    assert state_of(item) == (State.DISAGREED, Status.UNREVIEWED)
    assert (counts(queue), counts(adjudication)) == ((2, 2, 2), (2, 0, 0))


def test_a_verdict_that_is_taken_back_opens_the_item(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    first, second = decision(item), decision(item)
    send(adas, first)
    send(bobs, second)
    assert send(adas, undo_of(first))[0]["status"] == "unreviewed"
    assert state_of(item) == (State.OPEN, Status.UNREVIEWED)
    assert (item.verdicts_count, counts(queue)) == (1, (1, 0, 0))
    item.conversation.refresh_from_db()
    send(adas, decision(item))
    assert state_of(item) == (State.AGREED, Status.APPROVED)
    assert_history_matches(item.conversation)


def test_who_changes_their_mind_ends_the_disagreement(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    send(adas, decision(item))
    no = decision(item, "rejected")
    send(bobs, no)
    asked = adjudicated_in(queue)
    yes = decision(item, after=no["id"])
    send(bobs, yes)
    assert state_of(item) == (State.AGREED, Status.APPROVED)
    assert (counts(queue), counts(asked.queue)) == ((1, 1, 0), (0, 0, 0))
    assert state_of(asked)[0] == State.GONE
    send(bobs, undo_of(yes))
    assert state_of(item) == (State.DISAGREED, Status.UNREVIEWED)
    assert (state_of(asked)[0], counts(asked.queue)) == (State.OPEN, (1, 0, 0))
    send(bobs, undo_of(no))
    assert state_of(item) == (State.OPEN, Status.UNREVIEWED)
    assert (counts(queue), counts(asked.queue)) == ((1, 0, 0), (0, 0, 0))


def test_more_verdicts_than_wanted_are_not_taken(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    send(adas, decision(item))
    send(bobs, decision(item, "rejected"))
    [late] = send(client_of(make_user()), decision(item))
    assert (late["state"], late["message"]) == ("conflict", "Others have decided this item in the meantime.")
    assert Verdict.objects.count() == 2


def test_they_agree_about_one_text_only(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    send(adas, decision(item))
    save_edit(conversation_id=item.conversation_id, version=1, messages=chat("q", "other"), by=None)
    assert send(bobs, decision(item))[0]["state"] == "conflict"
    item.conversation.refresh_from_db()
    assert send(bobs, decision(item))[0]["state"] == "done"
    assert state_of(item) == (State.DISAGREED, Status.UNREVIEWED)


def test_the_text_cannot_be_edited_here(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    [result] = send(adas, entry("edit", item, messages=chat("q", "new"), reason="", approve=True))
    assert result["state"] == "refused"
    assert "several people" in result["message"]
    assert Verdict.objects.count() == 0


def test_what_cannot_be_approved_is_refused_at_once(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    Conversation.objects.update(issues=",empty_turn,")
    assert send(adas, decision(item))[0]["state"] == "refused"
    assert send(adas, decision(item, "rejected"))[0]["state"] == "done"


def test_the_name_of_the_adjudication_may_be_taken(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    make_queue("first look: disagreements")
    send(adas, decision(item))
    send(bobs, decision(item, "rejected"))
    assert adjudicated_in(queue).queue.name == "first look: disagreements 2"


@pytest.mark.django_db(transaction=True)
def test_everybody_decides_at_the_same_moment() -> None:
    queue = make_queue(overlap=3)
    items = make_items(queue, 5)
    clients = [client_of(make_user()) for _ in range(3)]
    ready = threading.Barrier(3)
    answers: list[str] = []

    def review(client: Client, number: int) -> None:
        ready.wait()
        try:
            for place, item in enumerate(items):
                status = "rejected" if place % 2 and number == 0 else "approved"
                answers.append(send(client, decision(item, status))[0]["state"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=review, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["done"] * 15
    assert [state_of(item)[0] for item in items] == [State.AGREED, State.DISAGREED] * 2 + [State.AGREED]
    assert counts(queue) == (5, 5, 2)
    [adjudication] = Queue.objects.filter(parent=queue)
    assert counts(adjudication) == (2, 0, 0)
    assert_tallies_match()


def test_who_disagrees_about_the_text_of_today_asks_anew(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    send(adas, decision(item))
    send(bobs, decision(item, "rejected"))
    asked = adjudicated_in(queue)
    assert send(client_of(make_user()), decision(asked))[0]["state"] == "done"
    save_edit(conversation_id=item.conversation_id, version=2, messages=chat("q", "other"), by=None)
    refill(queue)
    assert state_of(item) == (State.OPEN, Status.UNREVIEWED)
    send(adas, decision(item))
    send(bobs, decision(item, "rejected"))
    assert (state_of(item)[0], state_of(asked)[0], counts(asked.queue)) == (State.DISAGREED, State.OPEN, (1, 0, 0))
    lead = client_of(make_user())
    assert [one["id"] for one in ask(lead, asked.queue, new_tab())["items"]] == [asked.pk]
    assert send(lead, decision(asked, "rejected"))[0]["state"] == "done"
    assert state_of(item) == (State.ADJUDICATED, Status.REJECTED)
