"""Running a python part over HTTP."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user
from webapp.accounts.models import Role
from webapp.evals import running_parts
from webapp.evals.running_parts import PartRun, Result

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    client.force_login(make_user(Role.REVIEWER))
    return client


def send(browser: Client, body: Any) -> Any:
    return browser.post("/review/run", body, content_type="application/json")


def test_what_is_sent_is_run(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "webapp.review.views.run.run_part",
        lambda code, expected, user_id: PartRun(Result.SAME, f"{code} is {expected}", "24"),
    )
    answer = send(browser, {"code": "48/2", "expected": "24"}).json()
    assert answer == {"result": "same", "words": "48/2 is 24", "output": "24", "seconds": 0.0, "diff": []}


@pytest.mark.parametrize("body", ["nonsense", "[]", {}, {"code": 1}, {"code": "1", "expected": 1}])
def test_nonsense_is_refused(browser: Client, body: Any) -> None:
    assert send(browser, body).status_code == 400


def test_too_much_is_refused(browser: Client) -> None:
    assert send(browser, {"code": "#" * (running_parts.MOST_CODE + 1)}).status_code == 413


def test_only_reviewers_run_code(client: Client) -> None:
    assert send(client, {"code": "1"}).status_code in {302, 401}
    client.force_login(make_user(Role.VIEWER))
    assert send(client, {"code": "1"}).status_code == 403


def test_it_is_only_posted(browser: Client) -> None:
    assert browser.get("/review/run").status_code == 405
