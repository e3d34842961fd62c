"""The buttons on the page of a run, through the client; what they do is tested with the actions."""

import pytest
from django.test import Client

from tests.evals.making import make_run
from tests.factories import make_conversation, make_user
from webapp.accounts.models import Role, User
from webapp.common.models import Job
from webapp.evals.models import EvalRun
from webapp.evals.rescoring import RESCORE
from webapp.evals.sharing import LEAD

pytestmark = pytest.mark.django_db

BUTTONS = ("cancel", "resume", "retry", "rescore", "delete")


@pytest.fixture
def curator(client: Client) -> User:
    user = make_user(Role.CURATOR)
    client.force_login(user)
    return user


def run_in(state: str, by: User, *, outcome: str = "error") -> EvalRun:
    run = make_run([(make_conversation(), {"outcome": outcome})], state=state, created_by=by)
    job = {"running": "running", "done": "done", "cancelled": "cancelled"}[state]
    run.job = Job.objects.create(kind=LEAD, title="x", parameters={"run": run.pk}, state=job, created_by=by)
    run.save()
    return run


def press(client: Client, run: EvalRun, button: str) -> str:
    """Press a button, follow it, and give the page behind it."""
    response = client.post(f"/evaluate/{run.pk}/{button}", follow=True)
    assert response.status_code == 200, response.content
    return response.content.decode()


def test_a_running_one_can_be_cancelled(client: Client, curator: User) -> None:
    run = run_in("running", curator)
    assert "Resume goes on from there" in press(client, run, "cancel")
    run.refresh_from_db()
    assert run.state == EvalRun.State.CANCELLED


def test_a_cancelled_one_can_go_on(client: Client, curator: User) -> None:
    run = run_in("cancelled", curator)
    assert "only what has no answer yet is asked" in press(client, run, "resume")
    assert run.job is not None
    assert Job.objects.get(pk=run.job.pk).state == Job.State.QUEUED


def test_errors_are_asked_again(client: Client, curator: User) -> None:
    assert "1 question is asked again" in press(client, run_in("done", curator), "retry")


def test_answers_are_scored_again(client: Client, curator: User) -> None:
    run = run_in("done", curator, outcome="right")
    assert "The model is not asked." in press(client, run, "rescore")
    assert Job.objects.filter(kind=RESCORE, parameters__run=run.pk).count() == 1


def test_a_run_is_deleted(client: Client, curator: User) -> None:
    run = run_in("done", curator)
    assert f"“{run.name}” is deleted." in press(client, run, "delete")
    assert not EvalRun.objects.filter(pk=run.pk).exists()


@pytest.mark.parametrize(
    ("state", "button"), [("done", "cancel"), ("done", "resume"), ("running", "rescore"), ("running", "delete")]
)
def test_what_does_not_fit_the_state_is_a_conflict(client: Client, curator: User, state: str, button: str) -> None:
    run = run_in(state, curator)
    response = client.post(f"/evaluate/{run.pk}/{button}")
    assert response.status_code == 409
    assert f'href="/evaluate/{run.pk}/">Back to the evaluation</a>' in response.content.decode()


def test_resume_pressed_twice_leads_to_the_run(client: Client, curator: User) -> None:
    run = run_in("cancelled", curator)
    press(client, run, "resume")
    assert "It goes on already" in press(client, run, "resume")
    assert Job.objects.filter(kind=LEAD, parameters__run=run.pk).count() == 1


def test_resume_while_it_still_stops_leads_back(client: Client, curator: User) -> None:
    run = run_in("cancelled", curator)
    Job.objects.create(kind=RESCORE, title="x", parameters={"run": run.pk}, state="running")
    response = client.post(f"/evaluate/{run.pk}/resume")
    assert response.status_code == 409
    assert "Back to the evaluation" in response.content.decode()


@pytest.mark.parametrize("button", BUTTONS)
def test_a_viewer_may_not(client: Client, button: str) -> None:
    run = run_in("done", make_user(Role.CURATOR))
    client.force_login(make_user(Role.VIEWER))
    assert client.post(f"/evaluate/{run.pk}/{button}").status_code == 403


@pytest.mark.parametrize("button", ["cancel", "retry", "delete"])
def test_another_curator_may_not(client: Client, curator: User, button: str) -> None:
    run = run_in("running" if button == "cancel" else "done", make_user(Role.CURATOR))
    assert client.post(f"/evaluate/{run.pk}/{button}").status_code == 403


@pytest.mark.parametrize("button", BUTTONS)
def test_a_stranger_logs_in_first(client: Client, button: str) -> None:
    assert client.post(f"/evaluate/1/{button}")["Location"].startswith("/login")


@pytest.mark.parametrize("button", BUTTONS)
def test_they_need_a_post(client: Client, curator: User, button: str) -> None:
    assert client.get(f"/evaluate/1/{button}").status_code == 405


@pytest.mark.parametrize("button", BUTTONS)
def test_an_unknown_run_is_not_found(client: Client, curator: User, button: str) -> None:
    assert client.post(f"/evaluate/999999/{button}").status_code == 404
