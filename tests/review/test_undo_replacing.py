"""Find and replace is among the steps that can be taken back from the review screen."""

import pytest

from tests.factories import chat, make_conversation, make_user
from tests.review.making import client_of, entry, post
from webapp.accounts.models import Role
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions.replacing import preview_replacing, start_replacing
from webapp.conversations.finding import Wanted
from webapp.conversations.models import Conversation
from webapp.conversations.replacing import UNDO

pytestmark = pytest.mark.django_db


def test_find_and_replace_is_listed_and_undone_as_a_step() -> None:
    carl = make_user(Role.CURATOR)
    browser = client_of(carl)
    made = make_conversation(messages=chat("A colour?", "Yes."))
    previewed = run_slice(
        preview_replacing(wanted=Wanted("colour", "color"), chosen={}, by=carl).pk, slice_seconds=None
    )
    assert previewed is not None
    job = start_replacing(previewed=previewed, by=carl)
    run_slice(job.pk, slice_seconds=None)
    (listed,) = browser.get("/review/steps").json()["steps"]
    assert (listed["group"], listed["words"], listed["undoable"]) == (f"job-{job.pk}", job.title, True)
    undo = entry("undo", target=f"job-{job.pk}")
    (result,) = post(browser, "/review/sync", {"entries": [undo]}).json()["results"]
    assert result["state"] == "done", result
    run_slice(Job.objects.get(kind=UNDO).pk, slice_seconds=None)
    assert Conversation.objects.get(pk=made.pk).text.message_list()[0]["content"] == "A colour?"
    assert browser.get("/review/steps").json()["steps"][0]["undoable"] is False
