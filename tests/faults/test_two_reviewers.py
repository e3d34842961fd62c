"""Two reviewers on one conversation, through a real web server: one wins, the other sees a diff and keeps the text."""

import threading
from collections.abc import Callable

import pytest

from tests.faults.browsers import Answer, Browser
from tests.faults.reviews import conversations, edit
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

ROUNDS = 4
CHECK = """
from tests.conversations.checks import assert_history_matches, assert_tallies_match
from webapp.conversations.models import Conversation, Decision, Revision
assert_tallies_match()
ids = {ids}
for conversation in Conversation.objects.filter(pk__in=ids):
    assert_history_matches(conversation)
found = [model.objects.filter(conversation__in=ids).count() for model in (Revision, Decision)]
print("accepted", sum(found))
"""


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


def approve(browser: Browser, conversation: int) -> Answer:
    return browser.post(f"/conversations/{conversation}/decide", {"version": 1, "status": "approved", "seen_flag": 0})


def flag(browser: Browser, conversation: int) -> Answer:
    return browser.post(f"/conversations/{conversation}/flag", {"reason": "unsafe", "note": "look at the knife"})


def test_one_wins_and_the_other_is_shown_what_happened(winnow: Stack) -> None:
    rosa, rolf = winnow.browser("rosa"), winnow.browser("rolf")
    ids = conversations(winnow, "races", 3 * ROUNDS)
    accepted = 0
    for first in range(0, len(ids), 3):
        accepted += _edit_against_edit(rosa, rolf, ids[first])
        accepted += _edit_against_approve(rosa, rolf, ids[first + 1])
        accepted += _approve_against_flag(rosa, rolf, ids[first + 2])
    assert f"accepted {accepted}" in winnow.installation.manage("shell", "-c", CHECK.format(ids=ids)).stdout


def _edit_against_edit(rosa: Browser, rolf: Browser, number: int) -> int:
    answers = at_once(
        lambda: edit(rosa, number, text="what rosa wrote"), lambda: edit(rolf, number, text="what rolf wrote")
    )
    assert sorted(answer.status for answer in answers) == [302, 409]
    mine, theirs = ("rosa", "rolf") if answers[0].status == 409 else ("rolf", "rosa")
    refused = next(answer.text for answer in answers if answer.status == 409)
    assert f"<del>{theirs}</del><ins>{mine}</ins>" in refused
    assert f"what {mine} wrote</textarea>" in refused
    return 1


def _edit_against_approve(rosa: Browser, rolf: Browser, number: int) -> int:
    answers = at_once(lambda: edit(rosa, number, text="what rosa wrote"), lambda: approve(rolf, number))
    assert sorted(answer.status for answer in answers) == [302, 409]
    if answers[0].status == 409:
        assert "what rosa wrote</textarea>" in answers[0].text
    else:
        assert "<ins>" in answers[1].text
        assert "was not saved" in answers[1].text
    return 1


def _approve_against_flag(rosa: Browser, rolf: Browser, number: int) -> int:
    approved, flagged = at_once(lambda: approve(rosa, number), lambda: flag(rolf, number))
    assert flagged.status == 302
    assert approved.status in {302, 409}
    if approved.status == 409:
        assert "look at the knife" in approved.text
    return int(approved.status == 302)
