"""Who gets which items: in order, never two the same, given back, and free again when they run out."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_conversation, make_source, make_user
from tests.review.making import add_item, ask, client_of, decision, make_items, make_queue, new_tab, send
from webapp.accounts.models import User
from webapp.conversations.actions.review import decide
from webapp.conversations.models import Conversation, Status
from webapp.review import leasing
from webapp.review.actions.leases import take_items
from webapp.review.models import Lease, Queue, QueueItem

pytestmark = pytest.mark.django_db


def ids(answer: dict[str, object]) -> list[int]:
    items = answer["items"]
    assert isinstance(items, list)
    return [item["id"] for item in items]


def run_out(*items: QueueItem) -> None:
    Lease.objects.filter(item__in=items).update(until=timezone.now() - timedelta(seconds=1))


def test_items_come_by_rank_and_then_by_id(adas: Client, queue: Queue) -> None:
    late = add_item(queue, make_conversation(), rank=7)
    first, second = make_items(queue, 2)
    early = add_item(queue, make_conversation(), rank=-3)
    assert ids(ask(adas, queue, new_tab())) == [early.pk, first.pk, second.pk, late.pk]


def test_two_people_and_two_tabs_never_get_the_same(adas: Client, bobs: Client, queue: Queue) -> None:
    made = [item.pk for item in make_items(queue, 5)]
    assert ids(ask(adas, queue, new_tab(), want=2)) == made[:2]
    assert ids(ask(bobs, queue, new_tab(), want=2)) == made[2:4]
    assert ids(ask(adas, queue, new_tab(), want=2)) == made[4:]


def test_what_a_tab_has_is_renewed_and_filled_up(adas: Client, queue: Queue) -> None:
    made = [item.pk for item in make_items(queue, 5)]
    tab = new_tab()
    assert ids(ask(adas, queue, tab, want=3)) == made[:3]
    before = Lease.objects.get(item=made[0]).until
    answer = ask(adas, queue, tab, want=4, have=made[:3])
    assert (ids(answer), answer["lost"], answer["seconds"]) == (made[3:4], [], 120)
    assert Lease.objects.get(item=made[0]).until > before


def test_one_that_has_run_out_is_free_and_then_lost(adas: Client, bobs: Client, queue: Queue) -> None:
    one, other = make_items(queue, 2)
    adas_tab, bobs_tab = new_tab(), new_tab()
    ask(adas, queue, adas_tab)
    run_out(one, other)
    assert ids(ask(bobs, queue, bobs_tab, want=1)) == [one.pk]
    answer = ask(adas, queue, adas_tab, have=[one.pk, other.pk])
    assert (ids(answer), answer["lost"]) == ([], [one.pk])
    assert ask(bobs, queue, bobs_tab, have=[one.pk])["items"] == []


def test_leaving_gives_back(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    tab, other_tab = new_tab(), new_tab()
    ask(adas, queue, tab)
    address = reverse("review:leave", args=[queue.pk])
    assert adas.post(address, {"tab": other_tab}).status_code == 204
    assert ids(ask(bobs, queue, new_tab())) == []
    assert adas.post(address, {"tab": tab}).status_code == 204
    assert ids(ask(bobs, queue, new_tab())) == [item.pk]


def test_one_that_is_asked_for_comes_first(adas: Client, bobs: Client, queue: Queue) -> None:
    made = [item.pk for item in make_items(queue, 4)]
    tab = new_tab()
    assert ids(ask(adas, queue, tab, want=2, item=made[2])) == [made[2], made[0]]
    assert ids(ask(adas, queue, tab, want=2, item=made[2])) == [made[2], made[1]]
    assert ids(ask(bobs, queue, new_tab(), want=1, item=made[2])) == [made[3]]


def test_one_decided_elsewhere_is_closed_when_it_is_met(adas: Client, queue: Queue) -> None:
    elsewhere, trashed, held, good = make_items(queue, 1) + make_items(queue, 1) + make_items(queue, 2)
    tab = new_tab()
    assert ids(ask(adas, queue, tab, want=1, item=held.pk)) == [held.pk]
    for item in (elsewhere, held):
        decide(conversation_id=item.conversation_id, version=1, status=Status.APPROVED, by=None)
    source = trashed.conversation.source
    source.deleted_at = timezone.now()
    source.save()
    answer = ask(adas, queue, tab, have=[held.pk])
    assert (ids(answer), answer["lost"]) == ([good.pk], [held.pk])
    assert answer["progress"]["left"] == 1
    gone = QueueItem.objects.filter(state=QueueItem.State.GONE).order_by("pk")
    assert [item.pk for item in gone] == [elsewhere.pk, trashed.pk, held.pk]


def test_a_queue_of_approved_ones_keeps_them(adas: Client) -> None:
    queue = make_queue(filter={"status": ["approved"]})
    source = make_source()
    fits = add_item(queue, make_conversation(source, status=Status.APPROVED))
    add_item(queue, make_conversation(source, status=Status.REJECTED))
    assert ids(ask(adas, queue, new_tab())) == [fits.pk]


def test_a_queue_without_a_status_keeps_what_was_decided_before_it(adas: Client) -> None:
    source = make_source()
    before, after = make_conversation(source), make_conversation(source)
    decide(conversation_id=before.pk, version=1, status=Status.APPROVED, by=None)
    queue = make_queue(filter={"source": [source.pk]})
    items = [add_item(queue, conversation) for conversation in (before, after)]
    decide(conversation_id=after.pk, version=1, status=Status.APPROVED, by=None)
    assert ids(ask(adas, queue, new_tab())) == [items[0].pk]


def test_many_that_were_decided_in_bulk_are_passed_at_once(adas: Client, queue: Queue) -> None:
    source = make_source()
    made = make_items(queue, 60, source)
    queue.filter = {"status": ["unreviewed"]}
    queue.save()
    Conversation.objects.filter(pk__in=[item.conversation_id for item in made[:59]]).update(status=Status.REJECTED)
    answer = ask(adas, queue, new_tab(), want=2)
    assert ids(answer) == [made[59].pk]
    assert answer["progress"] | {"mine": 0} == {
        "done": 0,
        "total": 1,
        "left": 1,
        "mine": 0,
        "disagreed": 0,
        "taken": 0,
    }


def test_with_an_overlap_as_many_as_are_wanted_hold_an_item(adas: Client, bobs: Client) -> None:
    queue = make_queue(overlap=2)
    made = make_items(queue, 2)
    both = [item.pk for item in made]
    third = client_of(make_user())
    tab = new_tab()
    assert ids(ask(adas, queue, tab)) == ids(ask(bobs, queue, new_tab())) == both
    assert ids(ask(third, queue, new_tab())) == []
    send(adas, decision(made[0]))
    answer = ask(adas, queue, tab, have=both)
    assert (ids(answer), answer["lost"]) == ([], [made[0].pk])
    assert ids(ask(third, queue, new_tab())) == []
    run_out(made[0])
    assert ids(ask(third, queue, new_tab())) == [made[0].pk]


def test_what_one_has_decided_is_not_read_again(adas: Client, ada: User) -> None:
    queue = make_queue(overlap=2)
    made = make_items(queue, 6)
    for item in made[:3]:
        send(adas, decision(item))
    beyond = leasing.beyond_own(queue, ada, leasing.free_items(queue, ada))
    assert [item.pk for item in beyond] == [item.pk for item in made[3:]]
    assert ids(ask(adas, queue, new_tab())) == [item.pk for item in made[3:]]


def test_the_next_items_are_found_by_their_index(ada: User, queue: Queue) -> None:
    make_items(queue, 3)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # it would read so few rows all at once
    plan = leasing.free_items(queue, ada)[:5].explain()
    assert "queue_item_next" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort Key" not in plan


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"tab": "x", "want": 6},
        {"tab": new_tab(), "want": -1},
        {"tab": new_tab(), "want": True},
        {"tab": new_tab(), "want": 6, "have": "all"},
        {"tab": new_tab(), "want": 6, "have": [2**70]},
        {"tab": new_tab(), "want": 6, "item": "first"},
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(adas: Client, queue: Queue, body: object) -> None:
    import json

    address = reverse("review:items", args=[queue.pk])
    accept = {"accept": "application/json"}
    response = adas.post(address, json.dumps(body), content_type="application/json", headers=accept)
    assert response.status_code == 400
    assert response.json()["message"]


def test_an_archived_queue_is_not_found(adas: Client, queue: Queue) -> None:
    queue.archived_at = timezone.now()
    queue.save()
    assert adas.get(reverse("review:screen", args=[queue.pk])).status_code == 404


def at_once(*actions: Callable[[], list[int]]) -> list[list[int]]:
    """What each got, each on a connection of its own, all started together."""
    got: list[list[int]] = [[] for _ in actions]
    ready = threading.Barrier(len(actions))

    def act(index: int) -> None:
        ready.wait()
        try:
            got[index] = actions[index]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(index,)) for index in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def taker(queue: Queue, user: User, times: int = 5) -> Callable[[], list[int]]:
    def take() -> list[int]:
        tabs = [str(uuid4()) for _ in range(times)]
        return [
            item.pk for tab in tabs for item in take_items(queue=queue, reviewer=user, tab=tab, have=[], want=2).items
        ]

    return take


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("overlap", [1, 2])
def test_many_who_ask_at_the_same_moment_share_nothing(overlap: int) -> None:
    queue = make_queue(overlap=overlap)
    made = make_items(queue, 40)
    users = [make_user() for _ in range(4)]
    got = at_once(*(taker(queue, user) for user in users))
    counts = [sum(item.pk in items for items in got) for item in made]
    assert max(counts) == overlap
    assert [len(items) for items in got] == [10] * 4
    assert all(len(set(items)) == len(items) for items in got)


@pytest.mark.django_db(transaction=True)
def test_renewing_one_that_has_run_out_while_somebody_takes_it() -> None:
    queue = make_queue()
    made = make_items(queue, 6)
    ada, bob = make_user(), make_user()
    tab = new_tab()
    for _ in range(10):
        Lease.objects.all().delete()
        take_items(queue=queue, reviewer=ada, tab=tab, have=[], want=6)
        run_out(*made)
        have = [item.pk for item in made]

        def renew(have: list[int] = have) -> list[int]:
            lost = take_items(queue=queue, reviewer=ada, tab=tab, have=have, want=6).lost
            return [pk for pk in have if pk not in lost]

        kept, taken = at_once(renew, taker(queue, bob, times=3))
        assert set(kept) & set(taken) == set()
        assert Lease.objects.count() == len(kept) + len(taken)
