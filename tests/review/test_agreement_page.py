"""The page of a queue's agreement and the one of its disagreements."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_conversation, make_source, make_user
from tests.review.given_verdicts import State, make_item, make_queue, make_verdict
from webapp.accounts.models import Role, User
from webapp.review import agreeing
from webapp.review.models import Queue, Verdict

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def people(client: Client) -> list[User]:
    users = [make_user(Role.REVIEWER, username=name) for name in ("ada", "bob", "cyd")]
    client.force_login(users[0])
    return users


def page(client: Client, queue: Queue, name: str = "agreement", query: str = "", status: int = 200) -> str:
    response = client.get(f"/review/{queue.pk}/{name}{query}")
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def fill(queue: Queue, people: list[User]) -> None:
    """20 items by the first two, five of them apart."""
    ada, bob, _ = people
    for word, count in (("approved", 9), ("rejected", 5), ("skipped", 1)):
        for _ in range(count):
            make_item(queue, {ada: word, bob: word})
    for _ in range(4):
        make_item(queue, {ada: "approved", bob: "rejected"}, note="not so sure")
    make_item(queue, {ada: "rejected", bob: "skipped"})


@pytest.mark.parametrize("name", ["agreement", "disagreements"])
def test_who_may_see_it(client: Client, name: str) -> None:
    queue = make_queue()
    assert client.get(f"/review/{queue.pk}/{name}").status_code == 302
    client.force_login(make_user(Role.VIEWER))
    assert client.get(f"/review/{queue.pk}/{name}").status_code == 403
    client.force_login(make_user(Role.REVIEWER))
    assert client.get(f"/review/{queue.pk}/{name}").status_code == 200
    assert client.get(f"/review/{queue.pk + 1}/{name}").status_code == 404
    assert client.post(f"/review/{queue.pk}/{name}").status_code == 405


def test_the_figures_stand_in_words(client: Client, people: list[User]) -> None:
    queue = make_queue()
    fill(queue, people)
    text = page(client, queue)
    assert "All said the same on 15 of 20 items" in text
    assert "75.0 %" in text
    assert "53.1 % to 88.8 %" in text
    assert text.count(">0.56<") == 2  # kappa .5595, alpha .5578
    assert "One approved, the other rejected: 4 times" in text
    assert "ada and bob" in text


def test_the_only_pair_is_shown_verdict_by_verdict(client: Client, people: list[User]) -> None:
    queue = make_queue()
    fill(queue, people)
    text = page(client, queue)
    assert "ada and bob, verdict by verdict" in text
    assert '<td class="number" data-label="bob: rejected">4</td>' in text


def test_each_pair_has_its_line_and_its_table(client: Client, people: list[User]) -> None:
    ada, bob, cyd = people
    queue = make_queue(overlap=3)
    make_item(queue, {ada: "approved", bob: "approved", cyd: "rejected"})
    make_item(queue, {ada: "rejected", bob: "approved", cyd: "rejected"})
    text = page(client, queue)
    assert "verdict by verdict" not in text
    for pair in ("ada and bob", "ada and cyd", "bob and cyd"):
        assert pair in text
    text = page(client, queue, query=f"?pair={bob.pk}-{cyd.pk}")
    assert "bob and cyd, verdict by verdict" in text
    assert '<td class="number" data-label="cyd: rejected">2</td>' in text


def test_only_what_is_done_counts_and_is_shown(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue()
    open_one = make_item(queue, {bob: "rejected"}, note="a note that must not be seen")
    assert "Figures show up as soon as the first item has all its verdicts" in page(client, queue)
    make_item(queue, {ada: "approved", bob: "approved"})
    text = page(client, queue) + page(client, queue, "disagreements")
    assert "must not be seen" not in text
    assert f"/conversations/{open_one.conversation_id}/" not in text
    assert "1 of 1 item." in text


def test_a_verdict_that_was_taken_back_does_not_count(client: Client, people: list[User]) -> None:
    ada, bob, cyd = people
    queue = make_queue()
    item = make_item(queue, {ada: "approved", bob: "approved"})
    make_verdict(item, cyd, "rejected", withdrawn_at=timezone.now())
    assert agreeing.patterns_of(queue) == {((ada.pk, 1), (bob.pk, 1)): 1}


def test_what_is_kept_is_counted_anew_after_a_verdict(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue()
    make_item(queue, {ada: "approved", bob: "approved"})
    assert "1 of 1 item." in page(client, queue)
    make_item(queue, {ada: "approved", bob: "rejected"})
    assert "1 of 2 items." in page(client, queue)


def test_a_large_queue_is_counted_once_in_a_while(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue(total=agreeing.SMALL_QUEUE)
    make_item(queue, {ada: "approved", bob: "approved"})
    assert "1 of 1 item." in page(client, queue)
    make_item(queue, {ada: "approved", bob: "rejected"})
    assert "1 of 1 item." in page(client, queue)


def test_what_cannot_be_said_says_why(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue()
    make_item(queue, {ada: "approved", bob: "approved"})
    assert "All verdicts are the same, so nothing can be told from chance." in page(client, queue)
    make_item(queue, {ada: "rejected", bob: "rejected"})
    assert "They never differed, so there is no interval." in page(client, queue)


def test_a_queue_without_overlap_says_what_is_missing(client: Client, people: list[User]) -> None:
    queue = make_queue(overlap=1)
    make_item(queue, {people[0]: "approved"})
    assert "reviewed by one person" in page(client, queue)
    adjudication = make_queue("settle", overlap=1, kind=Queue.Kind.ADJUDICATION, parent=queue)
    assert f"/review/{queue.pk}/agreement" in page(client, adjudication)


def test_disagreements_by_pair_and_state(client: Client, people: list[User]) -> None:
    ada, bob, cyd = people
    queue = make_queue()
    first = make_item(queue, {ada: "approved", bob: "rejected"})
    second = make_item(queue, {ada: "skipped", cyd: "rejected"}, state=State.ADJUDICATED)
    third = make_item(queue, {bob: "approved", cyd: "approved"})

    def shown(query: str) -> list[bool]:
        text = page(client, queue, "disagreements", query)
        return [f"/conversations/{item.conversation_id}/" in text for item in (first, second, third)]

    assert shown("") == [True, True, False]
    assert shown(f"?pair={ada.pk}-{bob.pk}") == [True, False, False]
    assert shown(f"?first={cyd.pk}&second={ada.pk}") == [False, True, False]
    assert shown(f"?first={cyd.pk}&second={bob.pk}") == [False, False, False]
    assert shown("?state=open") == [True, False, False]
    assert shown("?state=settled&first=&second=") == [False, True, False]


@pytest.mark.parametrize(
    "query", ["?pair=3", "?pair=a-b", "?first=3", "?pair=3-3", "?pair=1-2-3", "?state=lost", "?after=x", "?pair=²-1"]
)
def test_nonsense_is_refused(client: Client, people: list[User], query: str) -> None:
    page(client, make_queue(), "disagreements", query, status=400)


def test_disagreements_go_by_pages(client: Client, people: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.review.disagreements.page_of.__defaults__", (0, 2))
    ada, bob, _ = people
    queue = make_queue()
    items = [make_item(queue, {ada: "approved", bob: "rejected"}) for _ in range(3)]
    text = page(client, queue, "disagreements")
    assert f"after={items[1].pk}" in text
    text = page(client, queue, "disagreements", f"?after={items[1].pk}")
    assert f"/conversations/{items[2].conversation_id}/" in text
    assert f"/conversations/{items[0].conversation_id}/" not in text


def test_what_lies_in_the_trash_is_not_linked(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue, source = make_queue(), make_source()
    make_item(queue, {ada: "approved", bob: "rejected"}, conversation=make_conversation(source))
    source.deleted_at = timezone.now()
    source.save()
    assert "No disagreement here" in page(client, queue, "disagreements")


def test_notes_are_escaped(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue("<b>queue</b>")
    make_item(queue, {ada: "approved", bob: "rejected"}, note="<script>alert(1)</script>")
    text = page(client, queue)
    assert "<script>alert" not in text
    assert "<b>queue" not in text


def test_the_number_of_queries_does_not_grow(client: Client, people: list[User]) -> None:
    ada, bob, _ = people
    queue = make_queue()

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page(client, queue)
        return len(captured)

    make_item(queue, {ada: "approved", bob: "rejected"})
    few = count()
    for _ in range(8):
        make_item(queue, {ada: "approved", bob: "rejected"})
    assert count() == few
    assert Verdict.objects.count() == 18
