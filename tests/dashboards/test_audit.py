"""The audit: every kind is told, filters hold, pages neither repeat nor leave out, each is read by its index."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.dashboards.histories import START, make_decisions, make_history, make_verdict
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.common.errors import BadRequest
from webapp.common.rows import database_time, insert_rows, reserve_ids
from webapp.conversations.models import Conversation, Decision, Source, Status
from webapp.conversations.storing import CONVERSATION_FIELDS
from webapp.dashboards.audit import PAGE, AuditFilter, Place, events, page_of_events
from webapp.dashboards.histories import HISTORIES, KINDS
from webapp.review.models import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user(Role.CURATOR, username="ada")
    client.force_login(user)
    return user


def page(client: Client, query: str = "", *, status: int = 200) -> str:
    response = client.get(f"/audit{query}")
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def lines(html: str) -> list[str]:
    """The rows of the table as text."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_a_stranger_logs_in_and_a_viewer_is_refused(client: Client) -> None:
    assert client.get("/audit")["Location"] == "/login?next=%2Faudit"
    client.force_login(make_user(Role.VIEWER))
    assert client.get("/audit").status_code == 403


def test_it_needs_a_get(client: Client, ada: User) -> None:
    assert client.post("/audit").status_code == 405


def test_nothing_done_says_so(client: Client) -> None:
    client.force_login(make_user(Role.REVIEWER))
    assert "Nothing was done that fits" in page(client, "?kind=edit")


def test_every_kind_is_told_and_leads_to_what_it_is_about(client: Client, ada: User) -> None:
    conversation = make_history(ada)
    html = page(client)
    for words in (
        "approved fine", "edited: now version 3 politer", "flagged: wrong answer, turn 2 hm",
        "resolved the flag wrong answer, turn 2", "commented, turn 1 Look at this", "resolved a comment",
        "rejected, blind", "undid: decision", "imported", "exported", "made a mixture", "made a queue",
        "started an evaluation", "started a job", "invited a reviewer Ben", "joined",
    ):  # fmt: skip
        assert sum(f" {words} " in f"{line} " for line in lines(html)) >= 1, words
    assert {event.kind for event in events(AuditFilter())} == set(KINDS)
    assert f'<a href="/conversations/{conversation.pk}/">orchard #1</a>' in html


def test_every_address_is_there(client: Client, ada: User) -> None:
    make_history(ada)
    assert 'href="/people"' not in page(client, "?kind=people")
    client.force_login(make_user(Role.ADMIN))
    assert 'href="/people"' in page(client, "?kind=people")
    addresses = {event.address for event in events(AuditFilter())}
    opened = {address: client.get(address).status_code for address in addresses if not address.startswith("/review/")}
    assert set(opened.values()) == {200}, opened


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_alone(client: Client, ada: User, kind: str) -> None:
    make_history(ada)
    assert {event.kind for event in events(AuditFilter(kinds=(kind,)))} == {kind}
    assert lines(page(client, f"?kind={kind}"))


def test_a_reviewer_sees_only_what_they_did(client: Client, ada: User) -> None:
    rita = make_user(Role.REVIEWER, username="rita")
    conversation = make_history(ada)
    make_decisions(conversation, rita, 1, every=timedelta())
    client.force_login(rita)
    shown = lines(page(client, f"?person={ada.pk}"))
    assert len(shown) == 2
    assert all(" rita " in line for line in shown)
    assert "person" not in page(client)


def test_a_person_and_the_command_line(client: Client, ada: User) -> None:
    conversation = make_conversation()
    make_decisions(conversation, None, 1, every=timedelta())
    make_decisions(conversation, ada, 1, every=timedelta())
    assert all(" ada " in line for line in lines(page(client, f"?person={ada.pk}")))
    assert "command line approved number 0" in lines(page(client, "?person=0&kind=decision"))[0]


def test_a_source_and_a_conversation(client: Client, ada: User) -> None:
    conversation = make_history(ada)
    other = make_conversation(make_source("meadow"))
    make_decisions(other, ada, 2, every=timedelta())
    kinds = Counter(event.kind for event in events(AuditFilter(source=conversation.source_id)))
    assert kinds == {
        "decision": 1,
        "blind": 1,
        "edit": 1,
        "flag": 1,
        "resolve": 1,
        "comment": 2,
        "undo": 1,
        "import": 1,
    }
    assert len(lines(page(client, f"?source={other.source_id}"))) == 3
    assert len(lines(page(client, f"?conversation={other.pk}"))) == 2
    assert "Nothing was done that fits" in page(client, "?conversation=999999")


def test_conversations_of_two_sources_that_lie_between_each_other(ada: User) -> None:
    sources = [make_source(), make_source()]
    rows = [make_conversation(sources[index % 2]) for index in range(6)]
    for row in rows:
        make_decisions(row, ada, 1, every=timedelta())
    found = {event.conversation for event in events(AuditFilter(kinds=("decision",), source=sources[0].pk))}
    assert found == {rows[0].pk, rows[2].pk, rows[4].pk}


def test_days_are_those_of_the_time_zone(client: Client, ada: User, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    make_decisions(make_conversation(), ada, 3, every=timedelta(hours=6))  # 13:00, 19:00 and 01:00 in Berlin
    shown = lines(page(client, "?kind=decision&first=2026-03-01&last=2026-03-01"))
    assert [line[:19] for line in shown] == ["2026-03-01 19:00:00", "2026-03-01 13:00:00"]
    assert lines(page(client, "?kind=decision&first=2026-03-02"))[0].startswith("2026-03-02 01:00:00")


def test_what_is_in_the_trash_is_marked(client: Client, ada: User) -> None:
    conversation = make_history(ada)
    Source.objects.filter(pk=conversation.source_id).update(deleted_at=START, deleted_by=ada)
    shown = lines(page(client, f"?source={conversation.source_id}"))
    assert all(line.endswith("in the trash") for line in shown)
    assert any("moved to the trash orchard" in line for line in shown)
    assert f"/conversations/{conversation.pk}/" not in page(client)


def test_a_taken_back_comment_is_not_shown(client: Client, ada: User) -> None:
    conversation = make_history(ada)
    conversation.comments.update(deleted_at=START)
    html = page(client, "?kind=comment")
    assert "commented, turn 1 (taken back since)" in html
    assert "Look at this" not in html


def test_a_withdrawn_verdict_says_so_and_one_of_a_single_reviewer_is_a_decision(client: Client, ada: User) -> None:
    conversation = make_conversation()
    make_verdict(Queue.objects.create(name="two", overlap=2), conversation, ada, withdrawn_at=START)
    make_verdict(Queue.objects.create(name="one"), conversation, ada)
    assert [line for line in lines(page(client, "?kind=blind")) if "(taken back since)" not in line] == []


@pytest.mark.parametrize(
    "query",
    ["?kind=nonsense", "?person=x", "?source=999", "?conversation=-1", "?first=yesterday",
     "?first=2026-03-02&last=2026-03-01"],
)  # fmt: skip
def test_a_filter_that_cannot_be_read(client: Client, ada: User, query: str) -> None:
    assert 'class="error"' in page(client, query, status=422)
    assert client.get(f"/audit.csv{query}").status_code == 400


@pytest.mark.parametrize("text", ["x", "1.2", "1.2.3.4", "-1.0.1", "9" * 18 + ".0.1", "1.0.9999999999999999999"])
def test_a_place_that_cannot_be_read(client: Client, ada: User, text: str) -> None:
    with pytest.raises(BadRequest):
        Place.parse(text)
    assert client.get("/audit", {"before": text}).status_code == 400


def test_pages_neither_repeat_nor_leave_out(client: Client, ada: User) -> None:
    """Many at the same moment, of several kinds."""
    conversation = make_history(ada)
    make_decisions(conversation, ada, 90, every=timedelta())
    make_decisions(conversation, ada, 60, every=timedelta(seconds=1))
    every = [event.place for event in events(AuditFilter(), batch=7)]
    assert every == sorted(set(every))
    assert len(every) == sum(history.rows().count() for history in HISTORIES)
    walked: list[Place] = []
    after = None
    while True:
        part = page_of_events(AuditFilter(), after)
        walked += [event.place for event in part.events]
        if not part.older:
            break
        after = Place.parse(part.older)
    assert walked == every
    assert f"?before={page_of_events(AuditFilter(), None).older}" in page(client)


def test_a_page_asks_as_often_for_many_rows_as_for_few(client: Client, ada: User) -> None:
    conversation = make_history(ada)
    make_decisions(conversation, ada, 10, every=timedelta(seconds=1))
    client.get("/audit")
    with CaptureQueriesContext(connection) as few:
        client.get("/audit")
    make_decisions(conversation, ada, 3 * PAGE, every=timedelta(seconds=1))
    with CaptureQueriesContext(connection) as many:
        assert len(lines(page(client))) == PAGE
    assert len(many) <= len(few) <= 2 * len(HISTORIES) + 8


PLANS = {
    "everything": ({}, "decision_created"),
    "a person": ({"person": True}, "decision_person"),
    "a source": ({"source": True}, "decision_created"),
    "a conversation": ({"conversation": True}, "conversation_id"),
}


@pytest.mark.parametrize("name", PLANS)
def test_decisions_are_read_by_their_index(ada: User, name: str) -> None:
    """By time, without sorting; those of a conversation are few."""
    row = _many_decisions(ada)
    wanted, index = PLANS[name]
    values: dict[str, Any] = {"person": ada.pk, "source": row.source_id, "conversation": row.pk}
    wanted_filter = AuditFilter(kinds=("decision",), **{key: values[key] for key in wanted})
    plan = _plan(wanted_filter, Place.of(START + timedelta(days=1), 0, 10**9))
    assert index in plan, plan
    if name != "a conversation":
        for detour in ("USE TEMP B-TREE", "SCAN conversations_decision\n", "Seq Scan on conversations_decision"):
            assert detour not in plan, plan
        assert not re.search(r"^\s*(->)?\s*Sort\b", plan, re.MULTILINE), plan


def _many_decisions(by: User) -> Conversation:
    source = make_source()
    ids = reserve_ids(Conversation, 3_000)
    filler = (2, 100, False, False, False, 0, "", True, "", "", b"0" * 16, b"0" * 32)
    insert_rows(Conversation, CONVERSATION_FIELDS, [(pk, source.pk, at, 0, 1, *filler) for at, pk in enumerate(ids)])
    fields = ("conversation", "version", "status", "previous", "note", "created_by", "created_at")
    made = ((pk, 1, Status.APPROVED.value, 0, "", by.pk, database_time(START + timedelta(seconds=at)))
            for at, pk in enumerate(ids))  # fmt: skip
    insert_rows(Decision, fields, list(made))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Conversation.objects.get(pk=ids[0])


def _plan(wanted: AuditFilter, after: Place) -> str:
    with CaptureQueriesContext(connection) as captured:
        page_of_events(wanted, after)
    asked = next(one["sql"] for one in captured.captured_queries if "conversations_decision" in one["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
            return "\n".join(row[3] for row in cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {asked}")
        return "\n".join(row[0] for row in cursor.fetchall())
