"""The pages of find and replace."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.models import Conversation, Source

pytestmark = pytest.mark.django_db
SENT: dict[str, Any] = {
    "find": "colour",
    "replacement": " color",
    "match_case": "on",
    "roles": ["user", "assistant"],
    "reason": "house style",
}


@pytest.fixture
def ada() -> User:
    return make_user(Role.CURATOR, username="ada")


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def source() -> Source:
    source = make_source("paints")
    for _ in range(3):
        make_conversation(source, chat("Which colour?", "No colour <b>."))
    make_conversation(source, chat("Which?", "None."))
    return source


def work(browser: Client, page: str) -> str:
    """Let a worker end the newest job, and read its page."""
    ended = run_slice(Job.objects.latest("pk").pk, slice_seconds=None)
    assert ended is not None
    assert ended.state == Job.State.DONE, ended.error
    return browser.get(page).content.decode()


def test_from_the_list_to_the_undo(browser: Client, source: Source) -> None:
    address = f"/conversations/replace?source={source.pk}"
    assert address in browser.get(f"/conversations/?source={source.pk}").content.decode()
    assert "paints" in browser.get(address).content.decode()
    page = browser.post("/conversations/replace", SENT | {"query": f"source={source.pk}"})["Location"]
    assert "First everything is looked through" in browser.get(page).content.decode()
    shown = work(browser, page)
    assert "Replace in 3 conversations" in shown
    assert "No <del>colour</del><ins> color</ins> &lt;b&gt;." in shown.replace('<span class="mark">', "")
    done = browser.post(f"{page}start")["Location"]
    shown = work(browser, done)
    assert "Undo it for 3 conversations" in shown
    assert Conversation.objects.order_by("pk")[0].text.message_list()[0]["content"] == "Which  color?"
    undone = browser.post(f"{done}undo")["Location"]
    assert "put back" in work(browser, undone)
    assert "It was undone" in browser.get(done).content.decode()
    assert Conversation.objects.order_by("pk")[0].text.message_list()[0]["content"] == "Which colour?"


def test_what_was_typed_comes_back_to_be_changed(browser: Client, source: Source) -> None:
    sent = SENT | {"find": "\r\n <x>", "query": "status=unreviewed"}
    page = browser.post("/conversations/replace", sent)["Location"]
    shown = work(browser, page)
    assert "There is nothing to do." in shown
    job = Job.objects.latest("pk")
    assert job.parameters["wanted"]["find"] == "\n <x>"
    assert f"/conversations/replace?status=unreviewed&amp;from={job.pk}" in shown
    form = browser.get(f"/conversations/replace?status=unreviewed&from={job.pk}").content.decode()
    assert ">\n\n &lt;x&gt;</textarea>" in form
    assert 'value="house style"' in form


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"find": ""}, "required"),
        ({"find": "(", "regex": "on"}, "not a regular expression"),
        ({"find": "a", "replacement": "\\3", "regex": "on"}, "cannot be used"),
        ({"roles": []}, "Choose at least one"),
        ({"find": "a\0"}, "Null characters"),
        ({"query": "password=x"}, "is not a filter"),
    ],
)
def test_a_form_that_is_not_right_comes_back(browser: Client, change: dict[str, Any], said: str) -> None:
    answer = browser.post("/conversations/replace", SENT | change)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Job.objects.exists()


def test_reviewers_look_but_change_nothing(client: Client, browser: Client, source: Source) -> None:
    page = browser.post("/conversations/replace", SENT)["Location"]
    work(browser, page)
    client.force_login(make_user(Role.REVIEWER))
    assert client.get("/conversations/replace").status_code == 403
    assert client.post("/conversations/replace", SENT).status_code == 403
    assert client.get(page).status_code == 200
    assert client.post(f"{page}start").status_code == 403
    assert client.post(f"{page}undo").status_code == 403
    assert "conversations/replace" not in client.get("/conversations/").content.decode()


def test_wrong_methods_and_unknown_jobs(browser: Client) -> None:
    assert browser.delete("/conversations/replace").status_code == 405
    assert browser.get("/conversations/replace?from=99").status_code == 404
    assert browser.get("/conversations/replace/1/").status_code == 404
    assert browser.get("/conversations/replace/1/start").status_code == 405
    assert browser.post("/conversations/replace/1/undo").status_code == 404
    assert browser.get("/conversations/replace?password=x").status_code == 400
