"""Two reviewers on one conversation, through a real web server: one wins, the other sees a diff and keeps the text."""

import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import NamedTuple

import pytest

from tests.installation import Installation

pytestmark = pytest.mark.faults

ROUNDS = 4
PASSWORD = "correct horse battery"
SET_UP = f"""
from tests.factories import make_conversation, make_source, make_user, chat
from webapp.accounts.models import Role
for name in ("ada", "bob"):
    make_user(Role.REVIEWER, username=name, password={PASSWORD!r})
source = make_source("races")
for number in range({3 * ROUNDS}):
    make_conversation(source, chat("question", f"answer {{number}}"))
"""
CHECK = """
from tests.conversations.checks import assert_history_matches, assert_tallies_match
from webapp.conversations.models import Conversation, Decision, Revision
assert_tallies_match()
for conversation in Conversation.objects.all():
    assert_history_matches(conversation)
print("accepted", Revision.objects.count() + Decision.objects.count())
"""


class Answer(NamedTuple):
    status: int
    body: str


class Browser:
    """Somebody who is logged in."""

    def __init__(self, url: str, username: str) -> None:
        self.url = url
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self.get("/login")
        assert self.post("/login", username=username, password=PASSWORD).status == 200

    def get(self, path: str) -> Answer:
        return self._open(urllib.request.Request(self.url + path))

    def post(self, path: str, **fields: object) -> Answer:
        token = next(cookie.value or "" for cookie in self._cookies if cookie.name == "csrftoken")
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        return self._open(urllib.request.Request(self.url + path, data, {"Referer": self.url + path}))

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())


def at_once(*actions: Callable[[], Answer]) -> list[Answer]:
    answers: dict[int, Answer] = {}
    ready = threading.Barrier(len(actions))

    def act(index: int) -> None:
        ready.wait()
        answers[index] = actions[index]()

    threads = [threading.Thread(target=act, args=(index,)) for index in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[index] for index in range(len(actions))]


def edit(browser: Browser, conversation: int, text: str) -> Answer:
    fields: dict[str, object] = {"version": 1, "start": 0, "end": 2, "turns": 2, "do": "save"}
    turns = {"role-0": "user", "text-0": "question", "role-1": "assistant", "text-1": text}
    return browser.post(f"/conversations/{conversation}/edit", **fields, **turns)


def approve(browser: Browser, conversation: int) -> Answer:
    return browser.post(f"/conversations/{conversation}/decide", version=1, status="approved", seen_flag=0)


def flag(browser: Browser, conversation: int) -> Answer:
    return browser.post(f"/conversations/{conversation}/flag", reason="unsafe", note="look at the knife")


def test_one_wins_and_the_other_is_shown_what_happened(installation: Installation) -> None:
    installation.manage("migrate", "--verbosity", "0")
    installation.manage("shell", "-c", SET_UP)
    with installation.web() as web:
        ada, bob = Browser(web.url, "ada"), Browser(web.url, "bob")
        ids = iter(
            sorted(int(found) for found in set(re.findall(r"/conversations/(\d+)/", ada.get("/conversations/").body)))
        )
        accepted = 0
        for _ in range(ROUNDS):
            accepted += _edit_against_edit(ada, bob, next(ids))
            accepted += _edit_against_approve(ada, bob, next(ids))
            accepted += _approve_against_flag(ada, bob, next(ids))
    assert f"accepted {accepted}" in installation.manage("shell", "-c", CHECK).stdout


def _edit_against_edit(ada: Browser, bob: Browser, number: int) -> int:
    answers = at_once(lambda: edit(ada, number, "what ada wrote"), lambda: edit(bob, number, "what bob wrote"))
    assert sorted(answer.status for answer in answers) == [200, 409]
    mine, theirs = ("ada", "bob") if answers[0].status == 409 else ("bob", "ada")
    refused = next(answer.body for answer in answers if answer.status == 409)
    assert f"<del>{theirs}</del><ins>{mine}</ins>" in refused
    assert f"what {mine} wrote</textarea>" in refused
    return 1


def _edit_against_approve(ada: Browser, bob: Browser, number: int) -> int:
    answers = at_once(lambda: edit(ada, number, "what ada wrote"), lambda: approve(bob, number))
    assert sorted(answer.status for answer in answers) == [200, 409]
    if answers[0].status == 409:
        assert "what ada wrote</textarea>" in answers[0].body
    else:
        assert "<ins>" in answers[1].body
        assert "was not saved" in answers[1].body
    return 1


def _approve_against_flag(ada: Browser, bob: Browser, number: int) -> int:
    approved, flagged = at_once(lambda: approve(ada, number), lambda: flag(bob, number))
    assert flagged.status == 200
    assert approved.status in {200, 409}
    if approved.status == 409:
        assert "look at the knife" in approved.body
    return int(approved.status == 200)
