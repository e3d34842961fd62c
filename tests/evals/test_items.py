"""The items of a run: the list with its filters and pages, through the client."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.evals.making import make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations.models import Conversation
from webapp.evals import items
from webapp.evals.items import ItemCounts, ItemFilter, next_items, rows_to_walk
from webapp.evals.models import EvalResult, EvalRun, EvalTally
from webapp.evals.places import QuestionPlace

pytestmark = pytest.mark.django_db
#: Session and user, jobs and worker of the frame, the run, the ends of a task, items
#: with conversations and answers, counts.
QUERIES = 9

OUTCOMES: list[dict[str, Any]] = [
    {"outcome": "right", "expected": "72", "extracted": "72", "subject": "law", "text": "so 72"},
    {"outcome": "wrong", "expected": "72", "extracted": "42", "subject": "law", "lenient": "43"},
    {"outcome": "no_answer", "expected": "5", "subject": "art"},
    {"outcome": "wrong", "expected": "5", "extracted": "<6>", "subject": "art", "kind": "failed"},
    {"outcome": "error", "kind": "timeout", "detail": "No answer within 120 s."},
    {},
]


@pytest.fixture
def run() -> EvalRun:
    source = make_source("GSM8K test")
    rows = [(make_conversation(source, preview=f"question {n}"), one) for n, one in enumerate(OUTCOMES)]
    return make_run([(row, {"task": "mmlu"} | one) for row, one in rows], name="qwen", state=EvalRun.State.RUNNING)


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER), backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown(client: Client, run: EvalRun, query: str = "") -> list[str]:
    response = client.get(f"/evaluate/{run.pk}/items/{query}")
    assert response.status_code == 200, response.content.decode()
    return [row.conversation.preview.removeprefix("question ") for row in response.context["page"].rows]


FILTERS = {
    "": "012345",
    "?outcome=wrong": "13",
    "?outcome=no_answer": "2",
    "?outcome=error": "4",
    "?outcome=cut_off": "",
    "?outcome=waiting": "5",
    "?subject=law": "01",
    "?outcome=wrong&subject=law": "1",
    "?task=mmlu&subject=art": "23",
    "?kind=failed": "3",
    "?sample=0": "012345",
    "?sample=1": "",
    "?task=&subject=&kind=&outcome=right": "0",
}


@pytest.mark.parametrize(("query", "expected"), FILTERS.items())
def test_each_filter_shows_its_items(reader: Client, run: EvalRun, query: str, expected: str) -> None:
    make_run([(make_conversation(preview="question 9"), {"outcome": "wrong", "subject": "law"})])
    assert shown(reader, run, query) == list(expected)


def test_a_row_says_what_was_expected_and_said(reader: Client, run: EvalRun) -> None:
    page = reader.get(f"/evaluate/{run.pk}/items/").content.decode()
    for words in ("✓ right", "✕ wrong", "leniently 43", "&lt;6&gt;", "No answer within 120 s.", "120 ms", "timeout"):
        assert words in page
    wrong = run.results.get(extracted="42")
    address = f"/evaluate/{run.pk}/items/{wrong.pk}/?outcome=wrong"
    assert f'href="{address}"' in reader.get(f"/evaluate/{run.pk}/items/?outcome=wrong").content.decode()


def test_counts_come_from_the_tallies(run: EvalRun, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        counts = ItemCounts(run, ItemFilter())
        found = {choice.value: choice.count for choice in counts.outcomes}
        subjects = {choice.value: choice.count for choice in counts.subjects}
    assert found == {"": 6, "right": 1, "wrong": 2, "no_answer": 1, "cut_off": 0, "error": 1, "waiting": 1}
    assert subjects == {"art": 2, "law": 2}
    assert ItemCounts(run, ItemFilter(outcome="wrong", subject="law")).total == 1
    assert ItemCounts(run, ItemFilter(outcome="wrong", sample=0)).total is None
    assert {choice.value: choice.count for choice in ItemCounts(run, ItemFilter(subject="art")).outcomes}["wrong"] == 1


@pytest.mark.parametrize("query", ["", "outcome=wrong"])
def test_pages_meet_in_the_middle(reader: Client, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    monkeypatch.setattr(items, "PAGE_ROWS", 3)
    rows = [make_conversation() for _ in range(4)]
    run = make_run([(row, {"outcome": "wrong", "sample": sample}) for row in rows for sample in range(2)])

    def page(more: str) -> tuple[list[QuestionPlace], str, str]:
        found = reader.get(f"/evaluate/{run.pk}/items/?{query}&{more}").context["page"]
        return [items.place_of(row) for row in found.rows], found.previous, found.next

    every = [(row.pk, sample) for row in rows for sample in range(2)]
    first, previous, following = page("")
    assert (first, previous) == (every[:3], "")
    middle, previous, last = page(following)
    assert middle == every[3:6]
    assert page(previous)[0] == first
    assert page(last) == (every[6:], page(last)[1], "")
    end, before, nothing = page("page=last")
    assert (end, nothing) == (every[5:], "")
    assert page(before)[0] == every[2:5]


def test_the_conversations_as_a_list(reader: Client, run: EvalRun) -> None:
    page = reader.get(f"/evaluate/{run.pk}/items/?outcome=wrong&subject=law").content.decode()
    address = f"/conversations/?subject=law&amp;answer={run.pk}-wrong"
    assert address in page
    assert reader.get(address.replace("&amp;", "&")).status_code == 200


def test_a_stranger_is_asked_to_log_in(client: Client, run: EvalRun) -> None:
    assert client.get(f"/evaluate/{run.pk}/items/").status_code == 302


def test_it_takes_no_posts_and_knows_its_runs(reader: Client, run: EvalRun) -> None:
    assert reader.post(f"/evaluate/{run.pk}/items/").status_code == 405
    assert reader.get(f"/evaluate/{run.pk + 1}/items/").status_code == 404


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("outcome=nonsense", "Use one of: right, wrong"),
        ("run__endpoint__encrypted_key=x", "no filter of items"),
        ("sample=x", "must be a whole number"),
        ("sample=99999", "must be a whole number"),
        ("after=x", "two numbers with a hyphen"),
        ("after=1-2&before=3-4", "Give only one of"),
        ("page=2", "Give only one of"),
        ("subject=%00", "NUL"),
        (f"kind={'x' * 101}", "at most 100 characters"),
    ],
)
def test_bad_addresses_are_explained(reader: Client, run: EvalRun, query: str, message: str) -> None:
    response = reader.get(f"/evaluate/{run.pk}/items/?{query}")
    assert response.status_code == 400
    assert message in response.content.decode()


def test_programs_show_their_function_and_why_they_failed(reader: Client) -> None:
    columns = {"task": "humaneval", "grader": "code", "expected": "strlen", "extracted": "def strlen(string):"}
    failed = columns | {"outcome": "wrong", "kind": "assertion", "detail": "AssertionError: 2\nin check"}
    run = make_run([(make_conversation(), columns | {"outcome": "right"}), (make_conversation(), failed)])
    page = reader.get(f"/evaluate/{run.pk}/items/").content.decode()
    assert page.count('data-label="Expected">strlen</td>') == 2
    assert 'data-label="Said">def strlen(string):</td>' in page
    assert '<span title="AssertionError: 2\nin check">AssertionError: 2</span>' in page


@pytest.mark.parametrize("place", ["9223372036854775807-32767", "99999999999999999999-99999", "0-0"])
def test_any_place_has_a_page(reader: Client, run: EvalRun, place: str) -> None:
    for name in ("after", "before"):
        assert reader.get(f"/evaluate/{run.pk}/items/?{name}={place}").status_code == 200


def test_the_number_of_queries_does_not_grow(
    reader: Client, run: EvalRun, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for query in ("", "?outcome=wrong", "?outcome=wrong&subject=law&kind=failed"):
        with django_assert_max_num_queries(QUERIES):
            reader.get(f"/evaluate/{run.pk}/items/{query}")


def fill() -> tuple[EvalRun, list[Conversation]]:
    """One of several runs over the same conversations, four samples of each; the last hundred are about law."""
    source = make_source()
    rows = [make_conversation(source) for _ in range(200)]
    runs = [make_run([]) for _ in range(6)]
    EvalResult.objects.bulk_create(
        EvalResult(
            run=run, conversation=row, sample=sample, version=1, task="mmlu", state=2, kind="failed",
            outcome="wrong" if n % 5 == 0 else "right", subject="law" if n >= 100 else "art",
        )
        for run in runs
        for n, row in enumerate(rows)
        for sample in range(4)
    )  # fmt: skip
    for run in runs:
        EvalTally.objects.create(run=run, task="mmlu", subject="law", outcome="right", total=1)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    EvalRun.objects.update(total=800, done=800)
    return EvalRun.objects.get(pk=runs[2].pk), rows


def plan_of(asked: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{asked}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (ItemFilter(outcome="wrong"), "eval_result_outcome"),
        (ItemFilter(outcome="wrong", kind="failed"), "eval_result_outcome"),
        (ItemFilter(), "eval_result_once"),
    ],
)
@pytest.mark.parametrize("falling", [False, True])
def test_a_page_is_read_from_an_index(wanted: ItemFilter, index: str, falling: bool) -> None:
    run, rows = fill()
    place = QuestionPlace(rows[100].pk, 0)
    with CaptureQueriesContext(connection) as captured:
        assert len(next_items(rows_to_walk(run, wanted), place, falling=falling)[:50]) == 50
    plan = plan_of(captured.captured_queries[-1]["sql"])
    assert index in plan or (index == "eval_result_once" and "sqlite_autoindex" in plan), plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan


@pytest.mark.parametrize("wanted", [ItemFilter(subject="law"), ItemFilter(task="mmlu", subject="law")])
def test_a_subject_is_looked_for_where_it_stands(wanted: ItemFilter) -> None:
    run, rows = fill()
    with CaptureQueriesContext(connection) as captured:
        walked = rows_to_walk(run, wanted)
    assert "eval_result_subject" in plan_of(captured.captured_queries[-1]["sql"])
    assert f'conversation_id" >= {rows[100].pk} ' in str(walked.query)
    assert list(next_items(walked, None)) == list(next_items(wanted.apply(run), None))
    assert not rows_to_walk(run, ItemFilter(subject="none such")).exists()
    run.done -= 1
    assert f">= {rows[100].pk} " not in str(rows_to_walk(run, ItemFilter(subject="law")).query)
