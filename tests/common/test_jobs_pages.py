"""The list of jobs, a job's page, the menu on every page, cancelling and continuing."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_user
from webapp.accounts.models import Role, User
from webapp.common.models import Job
from webapp.common.running import KINDS, JobKind

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "count", JobKind("count", "Count", lambda run: None, link=lambda job: "/made/"))


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user(Role.CURATOR, username="ada")
    client.force_login(user)
    return user


def make_job(user: User | None, **fields: object) -> Job:
    fields = {"kind": "count", "title": "Count <things>", "state": Job.State.RUNNING, "fence": 1} | fields
    return Job.objects.create(created_by=user, **fields)


def test_strangers_log_in_first(client: Client) -> None:
    job = make_job(None)
    for address in ("/jobs/", "/jobs/menu", f"/jobs/{job.pk}/", f"/jobs/{job.pk}/progress"):
        assert client.get(address)["Location"].startswith("/login")
    assert client.post(f"/jobs/{job.pk}/cancel")["Location"] == "/login"
    assert client.get("/jobs/menu", headers=HTMX).status_code == 401


def test_the_list_shows_states_in_words(client: Client, ada: User) -> None:
    make_job(ada, state=Job.State.FAILED, done=3, total=9, unit="lines")
    page = client.get("/jobs/").content.decode()
    assert "Count &lt;things&gt;" in page
    assert "failed</span>" in page
    assert "3 of 9 lines" in page


def test_continue_stands_only_where_it_helps(client: Client, ada: User) -> None:
    job = make_job(ada, state=Job.State.FAILED)
    address = f"/jobs/{job.pk}/continue"
    assert address in client.get(f"/jobs/{job.pk}/").content.decode()
    Job.objects.filter(pk=job.pk).update(final=True, error="The file is empty.")
    assert address not in client.get(f"/jobs/{job.pk}/").content.decode()
    refused = client.post(address)
    assert refused.status_code == 409
    assert "only fail again" in refused.content.decode()


def test_the_list_goes_by_pages_and_asks_the_same_few_questions(
    client: Client, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    jobs = [make_job(ada, state=Job.State.DONE, title=f"Job {number}.") for number in range(60)]
    client.get("/jobs/")
    with django_assert_num_queries(6):
        first = client.get("/jobs/?state=done").content.decode()
    assert "Job 59." in first
    assert "Job 35." in first
    assert "Job 34." not in first
    assert f'href="/jobs/?state=done&amp;before={jobs[35].pk}"' in first
    with django_assert_num_queries(6):
        last = client.get(f"/jobs/?before={jobs[10].pk}").content.decode()
    assert "Job 9." in last
    assert "Older jobs" not in last


@pytest.mark.parametrize("query", ["state=gone", "order=id", "before=-1", "before=1e9", "before=" + "9" * 30, "days=0"])
def test_an_unknown_filter_is_refused(client: Client, ada: User, query: str) -> None:
    assert client.get(f"/jobs/?{query}").status_code == 400


def test_an_empty_list_says_so(client: Client, ada: User) -> None:
    assert "Nothing has been started yet" in client.get("/jobs/").content.decode()
    assert "No job fits" in client.get("/jobs/?state=failed&days=7").content.decode()


def test_a_running_job_asks_for_itself(client: Client, ada: User) -> None:
    job = make_job(ada, done=10, total=40, seconds_worked=2.0, step="reading")
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert f'hx-get="/jobs/{job.pk}/progress"' in page
    for text in ('value="25.0"', "10 of 40", "5 a second", "6 s left", "reading"):
        assert text in page


def test_a_finished_job_stops_asking_and_tells_the_page(client: Client, ada: User) -> None:
    job = make_job(ada, state=Job.State.DONE)
    response = client.get(f"/jobs/{job.pk}/progress", headers=HTMX)
    assert response["HX-Trigger"] == "job-finished, jobs-changed"
    assert "hx-get" not in response.content.decode()
    assert 'href="/made/"' in response.content.decode()


def test_a_failed_job_says_why_and_offers_to_go_on(client: Client, ada: User) -> None:
    job = make_job(ada, state=Job.State.FAILED, error="The disk is <full>.")
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "The disk is &lt;full&gt;." in page
    assert f'action="/jobs/{job.pk}/continue"' in page


def test_an_unknown_job_is_not_found(client: Client, ada: User) -> None:
    assert {client.get(path).status_code for path in ("/jobs/999/", "/jobs/999/progress")} == {404}
    assert client.post("/jobs/999/cancel").status_code == 404
    assert client.get("/jobs/99999999999999999999/").status_code == 404


def test_cancelling(client: Client, ada: User) -> None:
    job = make_job(ada)
    assert client.get(f"/jobs/{job.pk}/cancel").status_code == 405
    response = client.post(f"/jobs/{job.pk}/cancel", headers=HTMX)
    assert (response.status_code, response["HX-Trigger"]) == (204, "jobs-changed")
    job.refresh_from_db()
    assert job.cancel_requested
    assert "stopping after this step" in client.get(f"/jobs/{job.pk}/").content.decode()


def test_without_scripts_cancelling_leads_to_the_job(client: Client, ada: User) -> None:
    job = make_job(ada, state=Job.State.QUEUED)
    assert client.post(f"/jobs/{job.pk}/cancel")["Location"] == f"/jobs/{job.pk}/"
    assert "Cancelled." in client.get(f"/jobs/{job.pk}/").content.decode()


def test_only_the_one_who_started_it_or_an_administrator_changes_a_job(client: Client, ada: User) -> None:
    job = make_job(make_user(Role.CURATOR))
    assert "/cancel" not in client.get(f"/jobs/{job.pk}/").content.decode()
    assert client.post(f"/jobs/{job.pk}/cancel").status_code == 403
    client.force_login(make_user(Role.ADMIN))
    assert client.post(f"/jobs/{job.pk}/cancel").status_code == 302


def test_continuing_puts_the_one_who_does_it_in_charge(client: Client, ada: User) -> None:
    job = make_job(ada, state=Job.State.CANCELLED)
    admin = make_user(Role.ADMIN)
    client.force_login(admin)
    assert client.post(f"/jobs/{job.pk}/continue").status_code == 302
    job.refresh_from_db()
    assert (job.state, job.created_by_id) == (Job.State.QUEUED, admin.pk)
    assert client.post(f"/jobs/{job.pk}/continue").status_code == 409


def test_who_lost_the_role_cannot_continue(client: Client, ada: User) -> None:
    job = make_job(ada, state=Job.State.FAILED)
    User.objects.update(role=Role.VIEWER)
    assert client.post(f"/jobs/{job.pk}/continue").status_code == 403


def test_the_menu_is_on_every_page(client: Client, ada: User) -> None:
    make_job(ada)
    page = client.get("/profile").content.decode()
    assert '<span id="jobs-count">1 job</span>' in page
    assert "Count &lt;things&gt;" in page
    assert "every 2s" in page


def test_the_menu_brings_the_count_and_the_banner_along(client: Client, ada: User) -> None:
    menu = client.get("/jobs/menu", headers=HTMX).content.decode()
    assert "Nothing is running" in menu
    assert '<span id="jobs-count" hx-swap-oob="true">Jobs</span>' in menu
    assert "No worker is running" in menu
    assert "every 2s" not in menu


def test_the_banner_goes_when_a_worker_was_seen(client: Client, ada: User) -> None:
    from webapp.common.heartbeat import record_worker_seen

    assert "No worker is running" in client.get("/profile").content.decode()
    record_worker_seen()
    assert "No worker is running" not in client.get("/profile").content.decode()
