"""What the screen gets to show of an item."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import chat, make_conversation
from tests.review.making import add_item, ask, decision, make_items, make_queue, new_tab, send
from webapp.accounts.models import User
from webapp.conversations.actions.review import decide, flag_conversation
from webapp.conversations.models import Flag, FlagReason, Status
from webapp.review.models import Queue, QueueItem

pytestmark = pytest.mark.django_db


def test_an_item_brings_its_text_its_panels_and_its_reasons(adas: Client, queue: Queue) -> None:
    conversation = make_conversation(messages=chat("What is 2 + 2?", "It is **4**."))
    reason = FlagReason.objects.all()[0]
    flag = flag_conversation(conversation_id=conversation.pk, reason=reason, by=None, turn=1)
    item = add_item(queue, conversation, reasons=",flagged,")
    [shown] = ask(adas, queue, new_tab())["items"]
    html = shown.pop("html")
    assert shown == {
        "id": item.pk,
        "conversation": conversation.pk,
        "version": 1,
        "seen_flag": flag.pk,
        "status": "unreviewed",
        "approvable": True,
        "issues": [],
        "title": str(conversation),
        "turns": 2,
        "blind": False,
        "editable": True,
        "editable_why": "",
        "reasons": shown["reasons"],
        "messages": chat("What is 2 + 2?", "It is **4**."),
        "address": f"/conversations/{conversation.pk}/",
    }
    assert shown["reasons"]
    assert "<strong>4</strong>" in html["turns"]
    assert reason.label in html["turns"]
    assert reason.label in html["side"]
    assert "csrfmiddlewaretoken" in html["side"]
    assert shown["reasons"][0] in html["why"]


def test_a_long_text_is_fetched_only_when_asked_for(adas: Client, queue: Queue) -> None:
    messages = chat("q", "x" * 250_000)
    item = add_item(queue, make_conversation(messages=messages))
    [shown] = ask(adas, queue, new_tab())["items"]
    assert shown["messages"] is None
    fetched = adas.get(reverse("review:messages", args=[item.pk])).json()
    assert fetched == {"version": 1, "messages": messages}


def test_of_many_turns_the_first_hundred_come_with_a_way_to_the_rest(adas: Client, queue: Queue) -> None:
    item = add_item(queue, make_conversation(messages=chat(*["hello"] * 5_000)))
    [shown] = ask(adas, queue, new_tab())["items"]
    assert shown["html"]["turns"].count("<article") == 100
    assert f'href="/conversations/{item.conversation_id}/?from=101"' in shown["html"]["turns"]


def test_what_others_did_since_is_hidden_until_all_have_decided(
    adas: Client, bobs: Client, ada: User, bob: User
) -> None:
    queue = make_queue(overlap=2)
    queue.created_at = timezone.now() - timedelta(days=1)
    queue.save()
    [item] = make_items(queue)
    early, late = FlagReason.objects.all()[:2]
    flag = flag_conversation(conversation_id=item.conversation_id, reason=early, by=bob, note="before the queue")
    flag.created_at = queue.created_at - timedelta(days=1)
    flag.save()
    flag_conversation(conversation_id=item.conversation_id, reason=late, by=bob, note="a secret", turn=0)
    [shown] = ask(adas, queue, new_tab())["items"]
    assert (shown["blind"], shown["editable"], shown["seen_flag"]) == (True, False, flag.pk)
    assert "several people" in shown["editable_why"]
    assert "a secret" not in shown["html"]["side"]
    assert late.label not in shown["html"]["turns"]
    assert "before the queue" in shown["html"]["side"]
    [his] = ask(bobs, queue, new_tab())["items"]
    assert "a secret" in his["html"]["side"]
    send(adas, decision(item))
    own = adas.get(reverse("review:item", args=[item.pk])).json()
    assert own["blind"] is True
    assert "a secret" not in own["html"]["side"]
    send(bobs, decision(item, "rejected"))
    after = adas.get(reverse("review:item", args=[item.pk])).json()
    assert after["blind"] is False
    assert "a secret" in after["html"]["side"]


def test_an_item_can_be_looked_at_again(adas: Client, ada: User, queue: Queue) -> None:
    [item] = make_items(queue)
    decide(conversation_id=item.conversation_id, version=1, status=Status.REJECTED, by=ada)
    again = adas.get(reverse("review:item", args=[item.pk])).json()
    assert (again["id"], again["status"], again["version"]) == (item.pk, "rejected", 2)


def test_items_of_a_queue_for_others_are_not_found(adas: Client, bob: User, queue: Queue) -> None:
    queue.assignees.add(bob)
    [item] = make_items(queue)
    for address in (reverse("review:item", args=[item.pk]), reverse("review:messages", args=[item.pk])):
        assert adas.get(address).status_code == 404
    assert adas.get(reverse("review:screen", args=[queue.pk])).status_code == 404


def test_queries_do_not_grow_with_the_number_of_items(
    adas: Client, queue: Queue, django_assert_max_num_queries: object
) -> None:
    assert callable(django_assert_max_num_queries)
    make_items(queue, 12)
    ask(adas, queue, new_tab(), want=1)
    with django_assert_max_num_queries(33):
        assert len(ask(adas, queue, new_tab(), want=6)["items"]) == 6
    assert QueueItem.objects.filter(leases=None).count() == 5


def test_the_page_of_a_conversation_hides_it_too(adas: Client, ada: User, bobs: Client, bob: User) -> None:
    queue = make_queue(overlap=2)
    item = add_item(queue, make_conversation(messages=chat(*["hello"] * 120)))
    number = item.conversation_id
    mine, early, late = FlagReason.objects.all()[:3]
    flag_conversation(conversation_id=number, reason=early, by=bob, note="known before", turn=110)
    Flag.objects.update(created_at=queue.created_at - timedelta(days=1))
    flag_conversation(conversation_id=number, reason=late, by=bob, note="a secret", turn=110)
    flag_conversation(conversation_id=number, reason=mine, by=ada, note="my own")
    decide(conversation_id=number, version=1, status=Status.REJECTED, by=bob, note="a hidden why")
    page = f"/conversations/{number}/"
    texts = [adas.get(page + rest).content.decode() for rest in ("", "?from=101", "history")]
    assert not [text for text in texts if "a secret" in text or "a hidden why" in text or "⚑ 3" in text]
    assert all(words in texts[0] for words in ("known before", "my own"))
    turns = re.sub(r"<form.*?</form>", "", texts[1], flags=re.DOTALL)
    assert (early.label in turns, late.label in turns) == (True, False)
    assert "a secret" in bobs.get(page).content.decode()


def test_a_flag_that_is_hidden_keeps_nobody_from_approving(adas: Client, bob: User) -> None:
    [item] = make_items(make_queue(overlap=2))
    flag_conversation(conversation_id=item.conversation_id, reason=FlagReason.objects.all()[0], by=bob)
    [shown] = ask(adas, item.queue, new_tab())["items"]
    assert shown["seen_flag"] == 0
    [result] = send(adas, decision(item, seen_flag=shown["seen_flag"]))
    assert result["state"] == "done"
