"""Every single filter, and every pair of source, status and flag, is read from the index made for it."""

from typing import NamedTuple

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from tests.evals.making import make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.common.rows import database_time, insert_rows, reserve_ids
from webapp.conversations import choosing
from webapp.conversations.choosing import live_part, walk_of
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Conversation, Flag, FlagReason, Source, Status
from webapp.conversations.storing import CONVERSATION_FIELDS
from webapp.conversations.walking import Known, Scan, Streams, Walk
from webapp.evals.models import EvalResult, EvalRun

pytestmark = pytest.mark.django_db

# What is asked, and the index that answers it.
INDEXED = {
    "source={source}": "conversation_source",
    "status=approved": "conversation_status",
    "source={source}&status=approved": "conversation_source_status",
    "flag=any": "conversation_flagged",
    "flag=any&source={source}": "conversation_source_flagged",
    "flag=any&status=approved": "conversation_status_flagged",
    "flag=unsafe": "flag_open",
    "flag=unsafe&source={source}": "flag_source",
    "flag=unsafe&status=approved": "flag_status",
    "edited=1": "conversation_edited",
    "system=1": "conversation_system",
    "tools=1": "conversation_tools",
    "issue=any": "conversation_issue",
    "subject=law": "conversation_subject",
    "reviewer=ada": "conversation_reviewer",
    "answer={run}-wrong": "eval_result_outcome",
}
SCANNED = ["turns_min=2", "turns_max=2", "chars_min=3", "chars_max=100", "system=0", "tools=0", "edited=0", "flag=none",
           "issue=none", "turns_min=1&source={source}&status=approved&flag=any"]  # fmt: skip


class Rows(NamedTuple):
    """The number of the small source at the end, a run that asked all, the ids of two of the rows that are sought."""

    source: int
    run: int
    start: int
    end: int


@pytest.fixture(params=["without statistics", "with statistics"])
def rows(request: pytest.FixtureRequest) -> Rows:
    """Rows whose statistics mislead: all that is looked for stands at the end."""
    ada, reason = make_user(username="ada"), FlagReason.objects.get(slug="unsafe")
    late = make_source()
    for source in (make_source(), late):
        _fill(source, 2_000)
        for slug in ("unsafe", "other"):
            _flag(source, FlagReason.objects.get(slug=slug))
    ids = []
    for _ in range(6):
        row = make_conversation(
            late, status=Status.APPROVED, open_flags=1, edited=True, has_system=True, has_tools=True, subject="law",
            issues=",empty_turn,", reviewer=ada,
        )  # fmt: skip
        Flag.objects.create(conversation=row, source=late, status=row.status, reason=reason)
        ids.append(row.pk)
    run = _ask(ids)
    if request.param == "with statistics" or connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return Rows(late.pk, run.pk, ids[0], ids[-1])


def _fill(source: Source, count: int) -> None:
    ids = reserve_ids(Conversation, count)
    filler = (2, 100, False, False, False, 0, "", True, "", "", b"0" * 16, b"0" * 32)
    rows = [(number, source.pk, place, 0, 1, *filler) for place, number in enumerate(ids)]
    insert_rows(Conversation, CONVERSATION_FIELDS, rows)


def _flag(source: Source, reason: FlagReason) -> None:
    fields = ("conversation", "source", "status", "reason", "note", "created_at")
    rest = (source.pk, Status.UNREVIEWED.value, reason.pk, "", database_time())
    flagged = source.conversations.values_list("pk", flat=True)[:500]
    insert_rows(Flag, fields, [(number, *rest) for number in flagged])


def _ask(wrong: list[int]) -> EvalRun:
    """A run over everything, two samples each: the given ones wrong, the others right."""
    run = make_run([])
    every = Conversation.objects.values_list("pk", flat=True)
    EvalResult.objects.bulk_create(
        EvalResult(run=run, conversation_id=pk, sample=sample, version=1, outcome="wrong" if pk in wrong else "right")
        for pk in every
        for sample in range(2)
    )
    return run


def plan_of(walk: Walk, start: int | None, *, falling: bool) -> str:
    """How the database reads the next two rows of a walk."""
    with CaptureQueriesContext(connection) as captured:
        assert len(walk.find(start, 2, falling=falling).ids) == 2
    asked = next(one["sql"] for one in captured.captured_queries if "ORDER BY" in one["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
            return "\n".join(row[3] for row in cursor.fetchall())
        # What fits on a few pages is rather read as a whole; what matters is how a large table is read.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {asked}")
        return "\n".join(row[0] for row in cursor.fetchall())


def walk_for(query: str, rows: Rows) -> Walk:
    asked = QueryDict(query.format(source=rows.source, run=rows.run))
    return walk_of(live_part(ConversationFilter.from_query(asked)))


@pytest.mark.parametrize(("query", "index"), INDEXED.items())
def test_single_filters_and_pairs_have_an_index(rows: Rows, query: str, index: str) -> None:
    walk = walk_for(query, rows)
    assert isinstance(walk, Streams)
    for start, falling in ((rows.start, False), (rows.end, True)):
        plan = plan_of(walk, start, falling=falling)
        assert index in plan.split(), plan
        for detour in ("SCAN", "TEMP B-TREE", "Sort", "Seq Scan", "Filter:"):
            assert detour not in plan, plan


@pytest.mark.parametrize("query", SCANNED)
def test_ranges_and_negations_are_scanned_in_one_index(rows: Rows, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "SMALL", 0)
    walk = walk_for(query, rows)
    assert isinstance(walk, Scan)
    plan = plan_of(walk, None, falling=False)
    if connection.vendor == "sqlite":
        assert "COVERING INDEX conversation_scan (id>? AND id<?)" in plan
    assert "TEMP" not in plan


RANGES = {
    "turns_min=40": "conversation_turns",
    "turns_max=1": "conversation_turns",
    "chars_min=20000": "conversation_long",
    "chars_max=10": "conversation_short",
}


@pytest.mark.parametrize(("query", "index"), RANGES.items())
def test_the_few_longest_and_shortest_have_an_index(query: str, index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source()
    _fill(source, 300)
    ids = [make_conversation(source, turns=turns, characters=size).pk for turns, size in ((1, 5), (50, 30_000))]
    monkeypatch.setattr(choosing, "SMALL", 100)
    with CaptureQueriesContext(connection) as captured:
        walk = walk_of(live_part(ConversationFilter.from_query(QueryDict(query))))
    assert walk == Known([ids[0] if "max" in query else ids[1]])
    asked = captured.captured_queries[-1]["sql"] if connection.vendor == "sqlite" else ""
    with connection.cursor() as cursor:
        if asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
            assert f"INDEX {index} (" in cursor.fetchall()[0][3]
