"""The team's page: what is counted, how active time and the rest are reckoned, and that old days cost one row each."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.dashboards.histories import make_verdict
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.common.models import Job
from webapp.conversations.models import Conversation, Decision, Source, Status
from webapp.dashboards import summaries
from webapp.dashboards.actions import summarise_days
from webapp.dashboards.models import DaySummary
from webapp.dashboards.team import Left
from webapp.dashboards.work import DayWork, Work, rounded, work_of
from webapp.review.models import Queue, Verdict

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon on the 20th of March 2026."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def rita(client: Client) -> User:
    user = make_user(Role.REVIEWER, username="rita")
    client.force_login(user)
    return user


@pytest.fixture
def queue() -> Queue:
    return Queue.objects.create(name="first look", total=400, done=88)


def verdicts(queue: Queue, by: User, *gaps: float, at: datetime = NOW, seconds: float | None = 10) -> list[Verdict]:
    """Decisions at `at`, and then after so many seconds each."""
    made = []
    for gap in (0, *gaps):
        at += timedelta(seconds=gap)
        made.append(make_verdict(queue, make_conversation(), by, created_at=at, seconds=seconds))
    return made


def page(client: Client, query: str = "", *, status: int = 200) -> str:
    response = client.get(f"/team{query}")
    assert response.status_code == status
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_stranger_logs_in_and_a_viewer_is_refused(client: Client) -> None:
    assert client.get("/team")["Location"] == "/login?next=%2Fteam"
    client.force_login(make_user(Role.VIEWER))
    assert client.get("/team").status_code == 403


def test_it_needs_a_get(client: Client, rita: User) -> None:
    assert client.post("/team").status_code == 405


def test_nothing_done_yet_is_said_in_words(client: Client, rita: User, queue: Queue) -> None:
    shown = page(client)
    for words in ("Done today 0", "no pace yet", "not known", "first look 312 left · no pace yet"):
        assert words in shown
    assert shown.count("Nothing was decided in a queue in this time.") == 3


def test_done_today_this_week_and_in_the_chosen_time(client: Client, rita: User, queue: Queue) -> None:
    for days, count in ((0, 1), (6, 2), (7, 3), (29, 4), (30, 5)):
        verdicts(queue, rita, *[10] * (count - 1), at=NOW - timedelta(days=days))
    shown = page(client)
    assert "Done today 1 Last 7 days 3 2026-02-19 to 2026-03-20 10" in shown
    assert "2026-02-18 to 2026-02-18 5" in page(client, "?first=2026-02-18&last=2026-02-18")
    assert "Fri 2026-03-20 1" in shown
    assert "Thu 2026-03-19 0" in shown


def test_gaps_over_five_minutes_do_not_count(rita: User, queue: Queue) -> None:
    verdicts(queue, rita, 20, 300, 301, 4000, seconds=15)
    assert work_of(NOW.date()).total().active == 15 + 20 + 300 + 15 + 15
    verdicts(queue, make_user(), seconds=None)
    verdicts(queue, make_user(), seconds=5000)
    assert work_of(NOW.date()).total().active == 365 + 0 + 300


def test_two_reviewers_work_at_the_same_time(rita: User, queue: Queue) -> None:
    verdicts(queue, rita, 10, 10, seconds=10)
    verdicts(queue, make_user(), 20, 20, at=NOW + timedelta(seconds=5), seconds=20)
    total = work_of(NOW.date()).total()
    assert (total.done, total.active, total.pace()) == (6, 90, 240)


def test_what_was_taken_back_is_not_done_but_took_its_time(rita: User, queue: Queue) -> None:
    made = verdicts(queue, rita, 10, 10)
    Verdict.objects.filter(pk=made[1].pk).update(withdrawn_at=NOW)
    total = work_of(NOW.date()).total()
    assert (total.done, total.active, total.times) == (2, 30, {10.0: 2})


def test_time_per_item_leaves_out_what_is_not_known(client: Client, rita: User, queue: Queue) -> None:
    for seconds in (1, 2, 3, 4, 5, 6, 7, 8, 9, 90, None, None):
        verdicts(queue, rita, seconds=seconds)
    total = work_of(NOW.date()).total()
    assert (total.done, total.median(), total.p90()) == (12, 5, 9)
    assert "5 s median, nine of ten within 9 s" in page(client)


def test_times_are_kept_coarsely() -> None:
    assert [rounded(seconds) for seconds in (0, 0.2, 4.3, 14.3, 59.9, 61, 128, 3612)] == [
        0, 0, 4.5, 14, 60, 61, 130, 3600,
    ]  # fmt: skip


def test_by_reviewer_queue_and_source(client: Client, rita: User, queue: Queue) -> None:
    other = Queue.objects.create(name="second look")
    meadow = make_conversation(make_source("meadow"))
    verdicts(queue, rita, 30, seconds=30)
    make_verdict(other, meadow, make_user(username="ben"), created_at=NOW, seconds=120)
    shown = page(client)
    for words in ("rita 2 1 min 0 s 120 30 s 30 s", "ben 1 2 min 0 s 30", "second look 1 2 min", "meadow 1 2 min"):
        assert words in shown
    Source.objects.update(deleted_at=NOW)
    assert "meadow in the trash 1" in page(client)


def test_a_reviewer_is_led_to_their_own_audit_only(client: Client, rita: User, queue: Queue) -> None:
    ben = make_user(username="ben")
    verdicts(queue, rita)
    verdicts(queue, ben)
    html = client.get("/team").content.decode()
    assert f"/audit?person={rita.pk}" in html
    assert f"/audit?person={ben.pk}" not in html
    client.force_login(make_user(Role.CURATOR))
    assert f"/audit?person={ben.pk}" in client.get("/team").content.decode()


def test_no_link_leads_to_a_queue_that_is_not_open(client: Client, rita: User, queue: Queue) -> None:
    archived = Queue.objects.create(name="archived", total=10, archived_at=NOW)
    given = Queue.objects.create(name="for ben", total=10)
    given.assignees.add(make_user(username="ben"))
    for one in (queue, archived, given):
        verdicts(one, rita)
    html = client.get("/team").content.decode()
    assert [f"/review/{one.pk}/" in html for one in (queue, archived, given)] == [True, False, False]
    for address in re.findall(r'"(/review/\d+/)"', html):
        assert client.get(address).status_code == 200


def test_what_is_left_at_this_pace(client: Client, rita: User, queue: Queue) -> None:
    verdicts(queue, rita, 14, 14, 14, seconds=14)
    new = Queue.objects.create(name="not begun", total=10, overlap=2)
    Queue.objects.create(name="archived", total=10, archived_at=NOW)
    Queue.objects.create(name="finished", total=10, done=10)
    shown = page(client)
    assert "first look 312 left · about 1 h 13 min of work at 14 s each" in shown
    assert "not begun 10 left, by 2 reviewers each · about 5 min of work at 14 s each" in shown
    assert "All queues about 1 h 17 min of work" in shown
    assert "archived" not in shown
    assert "finished" not in shown
    assert Left(new, None).words() == "10 left, by 2 reviewers each · no pace yet"


def test_decisions_outside_of_queues_are_counted_apart(client: Client, rita: User, queue: Queue) -> None:
    made = verdicts(queue, rita, 10)
    decided(made[0].conversation, rita, version=made[0].version)  # what the verdict has made
    decided(make_conversation(), rita)
    decided(make_conversation(), None)
    decided(make_conversation(), rita, status=Status.UNREVIEWED)
    decided(make_conversation(), rita, job=Job.objects.create(kind="bulk_decide", title="all"))
    shown = page(client)
    assert "Done today 2" in shown
    assert "not counted above: 2 decisions on pages of conversations, 1 in bulk." in shown


def decided(conversation: Conversation, by: User | None, **fields: Any) -> None:
    wanted = {"version": 1, "status": Status.APPROVED, "previous": 0, "created_at": NOW} | fields
    Decision.objects.create(conversation=conversation, created_by=by, **wanted)


def test_days_are_those_of_the_time_zone(client: Client, rita: User, queue: Queue, settings: Any) -> None:
    verdicts(queue, rita, at=datetime(2026, 3, 19, 23, 30, tzinfo=UTC))
    assert "Done today 0" in page(client)
    settings.TIME_ZONE = "Europe/Berlin"
    shown = page(client)
    assert "Done today 1" in shown
    assert "Days are by Europe/Berlin" in shown


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?first=x", "Enter a valid date."),
        ("?first=2026-03-02&last=2026-03-01", "This day lies before the first one."),
        ("?first=2025-01-01&last=2026-03-01", "At most 366 days at once."),
        ("?last=9999-12-31", "The latest day is 2200-01-01."),
        ("?first=0001-01-01", "The earliest day is 1990-01-01."),
    ],
)
def test_a_time_that_cannot_be_shown(client: Client, rita: User, query: str, words: str) -> None:
    shown = page(client, query, status=422)
    assert f": {words} Shown are the last 30 days." in shown


def test_a_kept_sum_is_the_same_again() -> None:
    day = DayWork(single=3, bulk=4)
    day.reviewers[7].add(Work(2, 30.04, Counter({1.5: 1, 130.0: 1})))
    again = DayWork.from_dict(day.to_dict())
    assert (again.reviewers[7].times, again.reviewers[7].active, again.single, again.bulk) == (
        {1.5: 1, 130.0: 1}, 30.0, 3, 4,
    )  # fmt: skip


def test_days_that_are_over_are_summed_up_once(client: Client, rita: User, queue: Queue) -> None:
    for days in range(4):
        verdicts(queue, rita, 10, at=NOW - timedelta(days=days))
    before = page(client)
    assert summarise_days() == 3
    assert summarise_days() == 0
    assert page(client) == before
    with CaptureQueriesContext(connection) as few:
        page(client)
    for days in range(4, 12):
        verdicts(queue, rita, 10, at=NOW - timedelta(days=days))
    assert summarise_days() == 8
    with CaptureQueriesContext(connection) as many:
        page(client)
    assert len(many) == len(few)


def test_a_day_that_has_just_ended_waits(rita: User, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts(queue, rita)
    midnight = datetime(2026, 3, 21, tzinfo=UTC)
    for minutes, days in ((1, []), (11, [date(2026, 3, 20)])):
        moment = midnight + timedelta(minutes=minutes)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert summaries.days_without_summary() == days


def test_what_is_taken_back_later_changes_its_day_at_once(
    client: Client, rita: User, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = verdicts(queue, rita, 10, at=NOW - timedelta(days=2))
    assert summarise_days() == 2
    assert "Last 7 days 2" in page(client)
    Verdict.objects.filter(pk=made[0].pk).update(withdrawn_at=NOW)
    assert "Last 7 days 1" in page(client)
    later = NOW + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert summarise_days() == 1
    assert summaries.outdated_days() == set()
    assert "Last 7 days 1" in page(client)
    assert DaySummary.objects.count() == 2


def test_home_leads_here(client: Client, rita: User) -> None:
    assert 'href="/team"' in client.get("/").content.decode()
    client.force_login(make_user(Role.VIEWER))
    assert 'href="/team"' not in client.get("/").content.decode()
