"""The home page: its numbers come from the tallies, each leads to its list, and it never counts conversations."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.common.models import Job
from webapp.conversations import tallies
from webapp.conversations.models import Decision, Flag, FlagReason, Source, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client) -> User:
    user = make_user(Role.CURATOR, username="ada")
    client.force_login(user)
    return user


def fill(source: Source, user: User) -> None:
    approved = make_conversation(source, status=Status.APPROVED)
    Decision.objects.create(conversation=approved, version=1, status=Status.APPROVED, previous=0, created_by=user)
    flagged = make_conversation(source, open_flags=1)
    reason = FlagReason.objects.get(slug="wrong-answer")
    Flag.objects.create(conversation=flagged, source=source, status=0, reason=reason)
    tallies.add_flagged(source.pk, reason.pk, 1)
    make_conversation(source, issues=",empty_turn,")


def page(client: Client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_stranger_logs_in_first(client: Client) -> None:
    assert client.get("/")["Location"] == "/login?next=%2F"


def test_it_needs_a_get(client: Client, curator: User) -> None:
    assert client.post("/").status_code == 405


def test_an_empty_installation_says_what_comes_next(client: Client, curator: User) -> None:
    assert 'href="/sources/import/">Import conversations' in page(client)


def test_a_viewer_of_an_empty_installation_is_told_who_imports(client: Client) -> None:
    client.force_login(make_user(Role.VIEWER))
    assert "A curator or an administrator imports them" in page(client)


def test_every_number_leads_to_its_list(client: Client, curator: User) -> None:
    fill(make_source("one"), curator)
    home = page(client)
    assert "3 conversations" in home
    for address, number in (
        ("/conversations/?status=unreviewed", "2"),
        ("/conversations/?flag=any", "1"),
        ("/conversations/?issue=any", "1"),
    ):
        assert f'href="{address}"><strong class="big-number">{number}</strong>' in home
    assert 'href="/conversations/?status=approved"><strong>1</strong> approved' in home
    assert 'href="/conversations/?flag=wrong-answer"><span>wrong answer</span>' in home
    assert "one #1" in home


def test_what_lies_in_the_trash_is_not_counted(client: Client, curator: User) -> None:
    fill(make_source("one"), curator)
    Source.objects.update(deleted_at="2026-01-01T00:00:00Z")
    home = page(client)
    assert "No conversations yet" in home
    assert "one #1" not in home


def test_stopped_imports_and_failed_jobs_are_for_those_who_can_act(client: Client, curator: User) -> None:
    source = make_source(state=Source.State.INCOMPLETE)
    make_conversation(source)
    Job.objects.create(kind="import", title="Import <b>", state=Job.State.FAILED)
    home = page(client)
    assert f'href="/sources/{source.pk}/"' in home
    assert "/jobs/?state=failed&amp;days=7" in home
    assert "Import &lt;b&gt;" in home
    client.force_login(make_user(Role.VIEWER))
    assert "import stopped" not in page(client)


def test_it_asks_the_same_few_questions_however_much_there_is(client: Client, curator: User) -> None:
    for name in ("one", "two", "three"):
        source = make_source(name)
        fill(source, curator)
        fill(source, curator)
    client.get("/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/")
    assert len(queries) == 13
    assert not [
        query["sql"] for query in queries if "COUNT" in query["sql"] and 'FROM "conversations_conv' in query["sql"]
    ]
