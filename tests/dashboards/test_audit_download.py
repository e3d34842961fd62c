"""The audit as a file: the lines of the filter, nothing that a spreadsheet would carry out, a batch at a time."""

import csv
import io
import json
import tracemalloc
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.dashboards.histories import START, make_decisions, make_history
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.conversations.models import Source
from webapp.dashboards.audit import BATCH, AuditFilter, events
from webapp.dashboards.audit_files import COLUMNS, csv_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user(Role.CURATOR, username="ada")
    client.force_login(user)
    return user


def text_of(client: Client, address: str) -> str:
    response = cast(StreamingHttpResponse, client.get(address))
    assert response.status_code == 200
    return b"".join(cast(Any, response.streaming_content)).decode()


def csv_rows(client: Client, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(client, f"/audit.csv{query}"), newline="")))


def test_a_viewer_is_refused_and_other_endings_are_not_there(client: Client, ada: User) -> None:
    assert client.get("/audit.xml").status_code == 404
    assert client.post("/audit.csv").status_code == 405
    client.force_login(make_user(Role.VIEWER))
    assert client.get("/audit.csv").status_code == 403


def test_both_forms_hold_the_lines_of_the_page(client: Client, ada: User) -> None:
    conversation = make_history(ada)
    rows = csv_rows(client)
    objects = [json.loads(line) for line in text_of(client, "/audit.jsonl").splitlines()]
    assert list(rows[0]) == list(objects[0]) == list(COLUMNS)
    assert len(rows) == len(objects) == len(list(events(AuditFilter())))
    decided = next(one for one in objects if one["kind"] == "decision")
    assert decided | {"when": ""} == {
        "when": "", "who": "ada", "kind": "decision", "what": "approved", "note": "fine", "about": "orchard #1",
        "conversation": conversation.pk, "address": f"/conversations/{conversation.pk}/", "in_trash": False,
    }  # fmt: skip
    response = client.get("/audit.csv")
    assert response["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_the_filter_holds(client: Client, ada: User) -> None:
    conversation = make_history(ada)
    assert {row["kind"] for row in csv_rows(client, "?kind=edit")} == {"edit"}
    assert csv_rows(client, f"?conversation={conversation.pk}&last=2020-01-01") == []


def test_a_reviewer_gets_only_what_they_did(client: Client, ada: User) -> None:
    make_history(ada)
    rita = make_user(Role.REVIEWER, username="rita")
    client.force_login(rita)
    assert [(row["who"], row["what"]) for row in csv_rows(client, f"?person={ada.pk}")] == [("rita", "joined")]


def test_times_are_by_the_time_zone(client: Client, ada: User, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    make_decisions(make_conversation(), ada, 1, every=timedelta())
    assert csv_rows(client, "?kind=decision")[0]["when"] == "2026-03-01T13:00:00+01:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_becomes_a_formula(client: Client, ada: User, start: str) -> None:
    conversation = make_conversation(make_source(f"{start}1+1"))
    make_decisions(conversation, ada, 1, every=timedelta())
    conversation.decisions.update(note=f"{start}cmd|' /C calc'!A0")
    row = csv_rows(client, "?kind=decision")[0]
    assert row["note"] == f"'{start}cmd|' /C calc'!A0"
    assert row["about"].startswith(f"'{start}1+1")
    plain = json.loads(text_of(client, "/audit.jsonl?kind=decision"))
    assert plain["note"] == f"{start}cmd|' /C calc'!A0"


def test_the_trash_is_marked(client: Client, ada: User) -> None:
    make_history(ada)
    Source.objects.update(deleted_at=START)
    marks = {row["kind"]: row["in_trash"] for row in csv_rows(client)}
    assert (marks["decision"], marks["import"], marks["mixture"]) == ("yes", "yes", "no")


def test_however_many_there_are_a_batch_is_in_memory(ada: User) -> None:
    conversation = make_conversation()
    make_decisions(conversation, ada, 3 * BATCH, every=timedelta(milliseconds=1))
    first = _peak(BATCH)
    assert _peak(3 * BATCH) < first + 500_000
    with CaptureQueriesContext(connection) as captured:
        assert sum(1 for _ in csv_lines(AuditFilter(kinds=("decision",)))) == 3 * BATCH + 1
    assert len(captured) == 7


def _peak(count: int) -> int:
    """The most memory that so many lines take, in bytes."""
    lines = csv_lines(AuditFilter(kinds=("decision",)))
    tracemalloc.start()
    for _, _line in zip(range(count), lines, strict=False):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
