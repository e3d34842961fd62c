"""The list of conversations, through the client."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations import indexing, walking
from webapp.conversations.list_actions import ListAction
from webapp.conversations.models import Conversation, Flag, FlagReason, Source, Status

pytestmark = pytest.mark.django_db
LIST = "/conversations/"
#: Session and user, jobs and worker of the frame, the trash, counts, ids, rows, flags, and the choices of the form.
#: A scan on PostgreSQL switches settings in a savepoint.
QUERIES = 15 if connection.vendor == "sqlite" else 19


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def reviewer(client: Client) -> Client:
    client.force_login(make_user(Role.REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown(client: Client, query: str = "") -> list[int]:
    response = client.get(LIST + query)
    assert response.status_code == 200
    return [row.pk for row in response.context["rows"]]


def test_it_lists_what_is_there(reader: Client) -> None:
    source = make_source("GSM8K train")
    conversation = make_conversation(source, preview="Natalia sold <b>clips</b>", status=Status.APPROVED, edited=True)
    page = reader.get(LIST).content.decode()
    assert f'href="/conversations/{conversation.pk}/"' in page
    for text in ("Natalia sold &lt;b&gt;clips&lt;/b&gt;", "GSM8K train", "#1", "status-approved", "edited"):
        assert text in page
    assert ">1 conversation<" in page


def test_a_stranger_is_asked_to_log_in(client: Client) -> None:
    response = client.get(LIST + "?status=approved")
    assert response.status_code == 302
    assert response["Location"].startswith("/login?next=")


def test_it_takes_no_posts(reviewer: Client) -> None:
    assert reviewer.post(LIST).status_code == 405


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?page=-1", "Use one of: last."),
        ("?page=1e9", "Use one of: last."),
        ("?reviewer__password__startswith=p", "Use one of: source, status"),
        ("?_connector=OR", "is not a filter"),
        ("?order=owner__password", "Use one of: oldest, newest."),
        ("?after=x", "must be a whole number"),
        ("?before=-3", "must be a whole number"),
        ("?limit=many", "must be a whole number"),
        ("?after=1&before=9", "Give only one of"),
        ("?source=x", "must be a whole number"),
        ("?q=%00", "NUL"),
    ],
)
def test_bad_addresses_are_explained(reader: Client, query: str, message: str) -> None:
    response = reader.get(LIST + query)
    assert response.status_code == 400
    assert message in response.content.decode()


@pytest.mark.parametrize("name", ["after", "before"])
def test_a_place_behind_every_id_is_a_page(client: Client, name: str) -> None:
    client.force_login(make_user(Role.VIEWER))
    assert client.get(LIST, {name: "9" * 20}).status_code == 200


def test_a_huge_limit_is_capped(reader: Client) -> None:
    make_conversation()
    response = reader.get(f"{LIST}?limit={10**9}&after={10**25}")
    assert response.status_code == 200
    assert response.context["page"].place.limit == 200


def test_the_empty_fields_of_a_form_leave_the_address(reader: Client) -> None:
    response = reader.get(LIST + "?q=&turns_min=&status=skipped&status=approved&order=oldest")
    assert response.status_code == 302
    assert response["Location"] == LIST + "?status=approved&status=skipped"


def test_pages_lead_forwards_and_backwards(reader: Client) -> None:
    source = make_source()
    ids = [make_conversation(source).pk for _ in range(7)]
    assert shown(reader, "?limit=3") == ids[:3]
    response = reader.get(LIST + "?limit=3")
    page = response.context["page"]
    assert (page.previous, page.next) == ("", f"limit=3&after={ids[2]}")
    assert shown(reader, "?" + page.next) == ids[3:6]
    page = reader.get(LIST + "?" + page.next).context["page"]
    assert shown(reader, "?" + page.previous) == ids[:3]
    assert shown(reader, "?" + page.next) == ids[6:]
    assert shown(reader, "?" + page.end) == ids[4:]
    assert shown(reader, "?" + page.other_order) == ids[:3:-1]


def test_behind_the_end_is_a_way_back(reader: Client) -> None:
    conversation = make_conversation()
    page = reader.get(f"{LIST}?after={conversation.pk}").content.decode()
    assert "behind the end of the list" in page


def test_nothing_stored_says_what_to_do(client: Client) -> None:
    client.force_login(make_user(Role.CURATOR), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(LIST).content.decode()
    assert "No conversations yet" in page
    assert "Import conversations" in page


def test_no_match_says_which_filter_to_take_away(reader: Client) -> None:
    make_conversation(turns=4)
    response = reader.get(LIST + "?status=approved&turns_min=3")
    assert [chip.label for chip in response.context["ways_out"]] == ["approved"]
    page = response.content.decode()
    assert "No conversation fits all of these filters" in page
    assert "No conversation fits this filter" in reader.get(LIST + "?status=approved").content.decode()


def test_flags_and_issues_are_named(reader: Client) -> None:
    conversation = make_conversation(open_flags=2, issues=",empty_turn,")
    for slug in ("unsafe", "other"):
        Flag.objects.create(
            conversation=conversation,
            source=conversation.source,
            status=0,
            reason=FlagReason.objects.get(slug=slug),
        )
    page = reader.get(LIST).content.decode()
    assert "⚑ unsafe +1" in page
    assert "Flagged: unsafe, other" in page
    assert "empty turn" in page


def test_a_part_of_the_page_is_sent_to_htmx(reader: Client) -> None:
    make_conversation()
    headers = {"HX-Request": "true", "HX-Target": "list"}
    response = reader.get(LIST + "?q=&status=unreviewed", headers=headers)
    page = response.content.decode()
    assert response["HX-Push-Url"] == LIST + "?status=unreviewed"
    assert "HX-Request, HX-Target" in response["Vary"]
    assert "<table" in page
    assert "<form" not in page
    assert "<html" not in page
    browse = reader.get(LIST, headers=headers | {"HX-Target": "browse"}).content.decode()
    assert 'id="list-form"' in browse
    assert "<html" not in browse


def test_a_search_that_is_not_complete_says_so(reader: Client) -> None:
    source = make_source()
    ids = [make_conversation(source, chat("apple pie", "yes")).pk for _ in range(4)]
    batch = indexing.next_batch(source.pk, 0)
    indexing.store(source.pk, 0, indexing.Batch(batch.rows[:2]), indexing.prepare(batch))
    page = reader.get(LIST + '?q="apple pie"').content.decode()
    assert "still being built: 50&nbsp;%" in page or "still being built: 50 %" in page
    assert shown(reader, '?q="apple pie"') == ids[:2]
    Source.objects.update(indexed_through=ids[-1])
    assert "still being built" not in reader.get(LIST + "?q=apple").content.decode()


def test_a_long_look_stops_and_goes_on(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "SCAN_ROWS", 4)
    monkeypatch.setattr("webapp.conversations.choosing.SMALL", 0)
    source = make_source()
    ids = [make_conversation(source, turns=9 if number in {1, 8} else 2).pk for number in range(10)]
    response = reader.get(LIST + "?turns_min=5")
    page = response.content.decode()
    assert [row.pk for row in response.context["rows"]] == [ids[1]]
    assert "Looked through 4 of 10 conversations so far: 1 found here." in page
    assert "1 conversation so far" in page
    stop = response.context["page"].stop
    assert stop.go_on == f"turns_min=5&after={ids[3]}"
    second = reader.get(LIST + "?" + stop.go_on)
    assert second.context["page"].stop.looked == 8
    assert "Nothing found so far" in second.content.decode()
    third = reader.get(LIST + "?" + second.context["page"].stop.go_on)
    assert [row.pk for row in third.context["rows"]] == [ids[8]]
    assert third.context["page"].stop is None


def test_actions_of_other_apps_stand_above_the_list(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = ListAction("Use it", lambda wanted: f"/use/?{wanted.to_query()}")
    monkeypatch.setattr(
        "webapp.conversations.list_actions.LIST_ACTIONS", [everybody, ListAction("No", str, Role.ADMIN)]
    )
    make_conversation()
    assert reader.get(LIST + "?status=unreviewed").context["actions"] == [("Use it", "/use/?status=unreviewed")]


def test_readers_have_no_boxes_to_check(reader: Client) -> None:
    make_conversation()
    assert 'name="ids"' not in reader.get(LIST).content.decode()


def test_reviewers_check_rows_or_all_that_match(reviewer: Client) -> None:
    conversation = make_conversation()
    page = reviewer.get(LIST + "?status=unreviewed").content.decode()
    assert f'name="ids" value="{conversation.pk}"' in page


@pytest.mark.parametrize("query", ["", "?status=unreviewed", "?flag=any&order=newest", "?turns_min=1&page=last"])
def test_the_number_of_queries_does_not_grow(
    reviewer: Client, query: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    reason = FlagReason.objects.get(slug="unsafe")
    for _ in range(3):
        source = make_source()
        for _ in range(20):
            row = make_conversation(source, open_flags=1)
            Flag.objects.create(conversation=row, source=source, status=0, reason=reason)
    with django_assert_max_num_queries(QUERIES):
        assert len(shown(reviewer, query)) == 50
    assert Conversation.objects.count() == 60


def test_the_page_of_a_conversation_knows_its_neighbours_in_the_list(reader: Client) -> None:
    source = make_source()
    ids = [make_conversation(source, status=Status(number % 2)).pk for number in range(6)]
    for query, before, after in (("", ids[1], ids[3]), ("?status=unreviewed", ids[0], ids[4])):
        context = reader.get(f"{LIST}{ids[2]}/{query}").context
        assert (context["before"], context["after"]) == (f"{LIST}{before}/{query}", f"{LIST}{after}/{query}")
    query = "?status=unreviewed&order=newest"
    context = reader.get(f"{LIST}{ids[2]}/{query}").context
    assert (context["before"], context["after"]) == (f"{LIST}{ids[4]}/{query}", f"{LIST}{ids[0]}/{query}")
    assert f'/{ids[2]}/{query.replace("&", "&amp;")}"' in reader.get(LIST + query).content.decode()
