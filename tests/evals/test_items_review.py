"""Sending items to the review: counted first, then flagged, and only what was meant."""

import pytest
from django.test import Client

from tests.evals.making import make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions import bulk
from webapp.conversations.models import Flag
from webapp.evals.actions import review
from webapp.evals.models import EvalRun

pytestmark = pytest.mark.django_db
FIELDS = {"reason": "wrong-answer", "note": "qwen: wrong"}


@pytest.fixture
def reviewer(client: Client) -> Client:
    client.force_login(make_user(Role.REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def run() -> EvalRun:
    source = make_source()
    rows = [make_conversation(source, subject="law" if n % 2 else "art") for n in range(6)]
    kinds = ["failed", "timeout"]
    asked = [
        (row, {"outcome": "wrong", "subject": row.subject, "kind": kinds[n // 3], "task": "mmlu"})
        for n, row in enumerate(rows[:5])
    ]
    return make_run([*asked, (rows[5], {"outcome": "right", "subject": "law"})], name="qwen")


def address(run: EvalRun, query: str) -> str:
    return f"/evaluate/{run.pk}/items/review?{query}"


def count_of(client: Client, run: EvalRun, query: str) -> Job:
    response = client.post(address(run, query), FIELDS)
    assert response.status_code == 302, response.content.decode()
    job = Job.objects.latest("pk")
    assert response["Location"] == f"/conversations/bulk/{job.pk}/"
    run_slice(job.pk, slice_seconds=None)
    job.refresh_from_db()
    return job


def test_the_form_is_there_with_a_note(reviewer: Client, run: EvalRun) -> None:
    page = reviewer.get(f"/evaluate/{run.pk}/items/?outcome=wrong").content.decode()
    assert "Send these to review" in page
    assert 'value="qwen: wrong"' in page
    assert "Send these to review" not in reviewer.get(f"/evaluate/{run.pk}/items/").content.decode()


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("outcome=wrong", 5),
        ("outcome=wrong&subject=law", 2),
        ("outcome=wrong&kind=timeout", 2),
        ("outcome=wrong&task=mmlu&subject=art", 3),
        ("outcome=wrong&sample=0", 5),
        ("outcome=right", 1),
    ],
)
def test_what_the_filters_show_is_counted(reviewer: Client, run: EvalRun, query: str, changes: int) -> None:
    job = count_of(reviewer, run, query)
    assert job.result["changes"] == changes
    assert not Flag.objects.exists()


def test_confirmed_they_are_flagged_with_the_note(reviewer: Client, run: EvalRun) -> None:
    job = count_of(reviewer, run, "outcome=wrong&subject=law")
    assert reviewer.post(f"/conversations/bulk/{job.pk}/start").status_code == 302
    run_slice(Job.objects.latest("pk").pk, slice_seconds=None)
    flags = Flag.objects.select_related("conversation", "reason")
    assert {(flag.conversation.subject, flag.reason.slug, flag.note) for flag in flags} == {
        ("law", "wrong-answer", "qwen: wrong")
    }
    assert flags.count() == 2


def test_many_by_kind_are_refused(reviewer: Client, run: EvalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bulk, review):
        monkeypatch.setattr(module, "MOST_IDS", 2)
    assert count_of(reviewer, run, "outcome=wrong&kind=timeout").result["changes"] == 2
    response = reviewer.post(address(run, "outcome=wrong&kind=failed"), FIELDS)
    assert response.status_code == 400
    assert "More than 2 conversations are too many" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "fields", "message"),
    [
        ("outcome=wrong", {"reason": "nonsense", "note": "kept <b>"}, "kept &lt;b&gt;"),
        ("outcome=wrong", {"note": "x" * 501}, "at most 500"),
        ("outcome=wrong", {}, "This field is required"),
        ("", FIELDS, "Choose an outcome first"),
        ("outcome=waiting", FIELDS, "Choose an outcome first"),
        ("outcome=wrong&kind=none-such", FIELDS, "no item passes"),
        ("outcome=nonsense", FIELDS, "Use one of: right"),
    ],
)
def test_bad_input_is_explained(
    reviewer: Client, run: EvalRun, query: str, fields: dict[str, str], message: str
) -> None:
    response = reviewer.post(address(run, query), fields)
    assert response.status_code == 400
    assert message in response.content.decode()
    assert not Job.objects.exists()


def test_a_reader_may_not(client: Client, run: EvalRun) -> None:
    assert client.post(address(run, "outcome=wrong"), FIELDS).status_code == 302
    client.force_login(make_user(Role.VIEWER), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(address(run, "outcome=wrong"), FIELDS).status_code == 403
    assert "Send these to review" not in client.get(f"/evaluate/{run.pk}/items/?outcome=wrong").content.decode()
    assert not Job.objects.exists()


def test_it_takes_posts_only(reviewer: Client, run: EvalRun) -> None:
    assert reviewer.get(address(run, "outcome=wrong")).status_code == 405
    assert reviewer.post("/evaluate/9999/items/review?outcome=wrong", FIELDS).status_code == 404
