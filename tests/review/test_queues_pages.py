"""The pages of queues: their list, a new one, the settings of one."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_conversation, make_source, make_user
from tests.review.queueing import close, in_order, make_queue, work
from webapp.accounts.models import Role, User
from webapp.common.actions import cancel_job
from webapp.common.models import Job
from webapp.conversations.models import Status
from webapp.review.actions.queues import archive_queue
from webapp.review.models import Queue, Verdict

pytestmark = pytest.mark.django_db

NEW: dict[str, Any] = {"query": "flag=none", "name": "Good ones", "order": "random", "seed": "7", "overlap": "2"}


@pytest.fixture
def curator(client: Client) -> User:
    user = make_user(Role.CURATOR, username="carl")
    client.force_login(user)
    return user


def shown(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def settings_of(queue: Queue) -> str:
    return f"/review/{queue.pk}/settings"


def change(client: Client, queue: Queue, **fields: Any) -> Any:
    sent = {"do": "change", "name": queue.name, "order": queue.order, "seed": queue.seed, "overlap": queue.overlap}
    return client.post(settings_of(queue), sent | fields)


@pytest.mark.parametrize("address", ["/review/", "/review/new", "/review/1/settings"])
def test_a_stranger_logs_in_first(client: Client, address: str) -> None:
    assert client.get(address)["Location"].startswith("/login?next=")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_only_curators_make_and_change_queues(client: Client, role: Role) -> None:
    queue = make_queue()
    client.force_login(make_user(role))
    for address in ("/review/new", settings_of(queue)):
        assert client.get(address).status_code == 403
        assert client.post(address, NEW).status_code == 403
    assert "New queue" not in shown(client, "/review/")
    assert Queue.objects.count() == 1


def test_wrong_methods_are_refused(client: Client, curator: User) -> None:
    assert client.post("/review/").status_code == 405
    assert client.put("/review/new").status_code == 405
    assert client.delete(settings_of(make_queue())).status_code == 405


def test_the_first_queue_takes_one_press(client: Client, curator: User) -> None:
    there = make_conversation()
    page = shown(client, "/review/")
    assert "Review all unreviewed (1)" in page
    sent = {"query": "status=unreviewed", "name": "Unreviewed", "order": "oldest", "seed": "42", "overlap": "1"}
    assert all(f'name="{name}" value="{value}"' in page for name, value in sent.items())
    assert client.post("/review/new", sent)["Location"] == "/review/"
    queue = Queue.objects.get()
    assert (queue.filter, queue.created_by) == ({"status": ["unreviewed"]}, curator)
    assert queue.job is not None
    assert "looking for conversations" in shown(client, "/review/")
    work(queue.job)
    assert in_order(queue) == [there.pk]


def test_an_empty_installation_offers_only_a_new_queue(client: Client, curator: User) -> None:
    page = shown(client, "/review/")
    assert "Review all unreviewed" not in page
    assert 'class="button primary" href="/review/new"' in page
    client.force_login(make_user(Role.REVIEWER))
    assert "Nothing to review at the moment" in shown(client, "/review/")


def test_a_list_of_conversations_leads_to_a_new_queue(client: Client, curator: User) -> None:
    make_conversation(make_source("one"))
    address = "/review/new?query=flag%3Dnone"
    assert f'href="{address}">Review these' in shown(client, "/conversations/?flag=none")
    page = shown(client, address)
    assert "no open flag" in page
    assert 'href="/conversations/?flag=none"' in page
    assert 'value="Unreviewed · no open flag"' in page
    client.force_login(make_user(Role.REVIEWER))
    assert "Review these" not in shown(client, "/conversations/?flag=none")


def test_a_queue_is_made_as_it_is_filled_in(client: Client, curator: User) -> None:
    rita = make_user(username="rita")
    sent = NEW | {"sample": "5", "only_unreviewed": "on", "assignees": [rita.pk]}
    assert client.post("/review/new", sent).status_code == 302
    queue = Queue.objects.get()
    assert queue.filter == {"status": ["unreviewed"], "flag": "none"}
    assert (queue.order, queue.seed, queue.sample, queue.overlap) == ("random", 7, 5, 2)
    assert list(queue.assignees.all()) == [rita]


def test_what_is_decided_can_be_reviewed_too(client: Client, curator: User) -> None:
    client.post("/review/new", NEW)
    assert Queue.objects.get().filter == {"flag": "none"}
    assert 'name="only_unreviewed"' not in shown(client, "/review/new?query=status%3Dapproved")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("sample", "0", "from 1 to 100,000"),
        ("sample", "many", "from 1 to 100,000"),
        ("overlap", "10", "from 1 to 9"),
        ("seed", "-1", "from 0 to"),
        ("order", "newest", "Select a valid choice"),
        ("name", " ", "This field is required"),
        ("name", "n" * 121, "at most 120 characters"),
        ("assignees", "999", "Select a valid choice"),
        ("query", "colour=red", "is not a filter"),
        ("query", "source=77", "There is no source with the number 77"),
    ],
)
def test_mistakes_keep_what_was_typed(client: Client, curator: User, name: str, value: str, words: str) -> None:
    response = client.post("/review/new", NEW | {name: value})
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert name == "name" or 'value="Good ones"' in page
    assert name == "seed" or 'value="7"' in page
    assert not Queue.objects.exists()


def test_two_queues_cannot_have_one_name(client: Client, curator: User) -> None:
    queue, other = make_queue(name="Good ones"), make_queue(name="Others")
    response = client.post("/review/new", NEW)
    assert response.status_code == 422
    assert "already a queue called “Good ones”" in response.content.decode()
    response = change(client, other, name="Good ones")
    assert response.status_code == 422
    assert "already a queue called “Good ones”" in response.content.decode()
    assert Queue.objects.get(pk=other.pk).name == "Others"
    assert queue.pk != other.pk


def test_a_filter_that_is_gone_leads_on(client: Client, curator: User) -> None:
    page = shown(client, "/review/new?query=source%3D77", 404)
    assert "There is no source with the number 77" in page
    assert 'href="/conversations/"' in page


def test_counting_again_makes_nothing(client: Client, curator: User) -> None:
    make_conversation(status=Status.APPROVED)
    make_conversation()
    counted = client.post("/review/new", NEW | {"count": "1", "only_unreviewed": "on"}).content.decode()
    assert '<strong class="big-number">1</strong>' in counted
    assert '<strong class="big-number">2</strong>' in client.post("/review/new", NEW | {"count": "1"}).content.decode()
    assert not Queue.objects.exists()


def test_each_sees_what_is_open_to_them_and_their_own_first(client: Client, curator: User) -> None:
    rita, otto = make_user(username="rita"), make_user(username="otto")
    make_queue(name="Of Rita", assignees=[rita])
    make_queue(name="Of Otto", assignees=[otto])
    make_queue(name="Of all")
    page = shown(client, "/review/")
    assert "Of Rita" in page
    assert "Of Otto" in page
    client.force_login(rita)
    page = shown(client, "/review/")
    assert page.index("Of Rita") < page.index("for you") < page.index("Of all")
    assert "Of Otto" not in page
    assert "/settings" not in page


def test_the_list_says_what_is_done(client: Client, curator: User) -> None:
    source = make_source("one")
    there = [make_conversation(source) for _ in range(3)]
    queue = make_queue({"source": [source.pk]}, overlap=2, order="failures")
    close(queue, there[0])
    page = shown(client, "/review/")
    assert "model failures first · each by 2 reviewers, blind" in page
    assert '<strong class="number">1</strong> <span class="muted number">of 3</span>' in page


def test_the_list_asks_the_same_few_questions_however_many_queues_there_are(client: Client, curator: User) -> None:
    counts = []
    for wanted in range(1, 4):
        source = make_source()
        make_queue({"source": [source.pk]}, assignees=[make_user()], name=f"{wanted}")
        client.get("/review/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/review/")
        counts.append(len(queries))
    assert counts[0] == counts[2] <= 10


def test_another_order_moves_what_is_open(client: Client, curator: User) -> None:
    source = make_source()
    there = [make_conversation(source).pk for _ in range(8)]
    queue = make_queue()
    rita = make_user(username="rita")
    assert (
        change(client, queue, name="Renamed", order="random", seed=3, overlap=2, assignees=[rita.pk]).status_code == 302
    )
    queue.refresh_from_db()
    assert (queue.name, queue.overlap, list(queue.assignees.all())) == ("Renamed", 2, [rita])
    assert queue.job is not None
    work(queue.job)
    assert sorted(in_order(queue)) == there
    assert in_order(queue) != there


def test_what_was_used_already_stays(client: Client, curator: User) -> None:
    one = make_conversation()
    queue, sampled = make_queue(), make_queue(sample=3)
    Verdict.objects.create(
        item=queue.items.get(), queue=queue, conversation=one, source=one.source, reviewer=curator, status=1, version=1
    )
    for found, fields, words in (
        (queue, {"overlap": 3}, "Somebody has decided in this queue already"),
        (sampled, {"seed": 9}, "The sample was drawn with this seed"),
    ):
        response = change(client, found, **fields)
        assert response.status_code == 422
        assert words in response.content.decode()
    assert change(client, queue, name="Renamed").status_code == 302


def test_looking_again_shows_its_progress(client: Client, curator: User) -> None:
    queue = make_queue()
    make_conversation()
    assert client.post(settings_of(queue), {"do": "refill"}).status_code == 302
    queue.refresh_from_db()
    assert queue.job is not None
    page = shown(client, settings_of(queue))
    assert f'id="job-{queue.job.pk}"' in page
    assert f'action="/jobs/{queue.job.pk}/cancel"' in page
    assert 'value="refill"' not in page
    work(queue.job)
    assert "Looked for conversations" in (page := shown(client, settings_of(queue)))
    assert ": 1 added." in page
    assert 'value="refill"' in page


def test_a_stopped_search_can_be_continued(client: Client, curator: User) -> None:
    queue = make_queue(fill=False, by=curator)
    assert queue.job is not None
    cancel_job(job=queue.job, by=curator)
    assert f'action="/jobs/{queue.job.pk}/continue"' in shown(client, settings_of(queue))
    assert "the search for conversations stopped" in shown(client, "/review/")


def test_an_archived_queue_leaves_the_list_and_comes_back(client: Client, curator: User) -> None:
    queue = make_queue(name="Old", fill=False)
    assert client.post(settings_of(queue), {"do": "archive"})["Location"] == "/review/"
    assert Queue.objects.exclude(archived_at=None).exists()
    assert Job.objects.get().state == Job.State.CANCELLED
    assert "Archive: 1 queue" in shown(client, "/review/")
    page = shown(client, settings_of(queue))
    assert "This queue was archived" in page
    assert 'value="refill"' not in page
    client.post(settings_of(queue), {"do": "refill"})
    assert Job.objects.count() == 1
    client.post(settings_of(queue), {"do": "restore"})
    assert Queue.objects.live().exists()
    assert Job.objects.count() == 2


def test_what_a_queue_cannot_do_is_refused(client: Client, curator: User) -> None:
    queue = make_queue()
    assert client.post(settings_of(queue), {"do": "explode"}).status_code == 400
    assert client.post("/review/999999/settings", {"do": "archive"}).status_code == 404
    assert client.get("/review/99999999999999999999999/settings").status_code == 404


def test_a_lost_filter_says_so(client: Client, curator: User) -> None:
    queue = make_queue({"reviewer": "nobody"}, fill=False)
    assert "There is nobody called “nobody”." in shown(client, settings_of(queue))
    response = client.post(settings_of(queue), {"do": "refill"}, follow=True)
    assert "The queue keeps the conversations that it has." in response.content.decode()


def test_a_queue_of_disagreements_is_not_looked_for(client: Client, curator: User) -> None:
    parent = make_queue(name="Pairs", overlap=2)
    queue = Queue.objects.create(name="Pairs: disagreements", kind="adjudication", parent=parent)
    page = shown(client, settings_of(queue))
    assert "what reviewers disagree about in “Pairs”" in page
    assert 'value="refill"' not in page
    assert change(client, queue, overlap=2).status_code == 422
    assert "one person decides" in shown(client, "/review/")


def test_home_leads_to_the_queue_that_is_one_s_own(client: Client, curator: User) -> None:
    make_conversation()
    make_queue(name="Of all")
    own = make_queue(name="Own", assignees=[curator])
    page = shown(client, "/")
    assert (
        f'href="/review/{own.pk}/"><strong class="big-number">1</strong> <span>left in “Own”: begin your queue' in page
    )
    archive_queue(queue=own, by=None)
    assert "left in “Of all”" in shown(client, "/")
    client.force_login(make_user(Role.VIEWER))
    assert "your queue" not in shown(client, "/")


def test_deleting_a_source_says_which_queues_name_it(client: Client, curator: User) -> None:
    client.force_login(make_user(Role.ADMIN))
    source = make_source()
    make_queue({"source": [source.pk]})
    make_queue()
    assert "1 review queue names this source" in shown(client, f"/sources/{source.pk}/delete/")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({}, "0 added."),
        ({"added": 3}, "3 added."),
        ({"back": 32}, "0 added, 32 opened again."),
        ({"reopened": 2, "gone": 1}, "0 added, 2 opened again, 1 taken out because they do not fit any more."),
        ({"back": 1, "reopened": 2}, "0 added, 3 opened again."),
    ],
)
def test_the_settings_say_what_came_of_looking(
    client: Client, curator: User, result: dict[str, int], words: str
) -> None:
    queue = make_queue()
    Job.objects.update(result=result)
    assert words in shown(client, settings_of(queue))


def test_curators_see_a_queue_that_is_for_others_and_the_form_says_so(client: Client, curator: User) -> None:
    queue = make_queue(assignees=[make_user()])
    assert "Only those who are checked, and curators, see the queue." in shown(client, settings_of(queue))
    assert client.get(f"/review/{queue.pk}/").status_code == 200
    client.force_login(make_user(Role.REVIEWER))
    assert client.get(f"/review/{queue.pk}/").status_code == 404


def test_a_name_turns_no_text_around(client: Client, curator: User) -> None:
    queue = make_queue()
    assert change(client, queue, name="evil\u202egnp.exe \u2066\u2069\x85two").status_code == 302
    queue.refresh_from_db()
    assert queue.name == "evilgnp.exe two"
    refused = change(client, queue, name="\u202e\u200f")
    assert (refused.status_code, "Give the queue a name that can be seen." in refused.content.decode()) == (422, True)
    assert client.post("/review/new", NEW | {"name": "a\u202eb"}).status_code == 302
    assert Queue.objects.filter(name="ab").exists()
