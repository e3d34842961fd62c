"""Bulk changes: counted first, done in chunks, undone where nobody has changed anything since."""

from typing import Any

import pytest
from django.test import Client

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.common.actions import cancel_job, continue_job
from webapp.common.errors import Conflict, Forbidden
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations import bulk_jobs
from webapp.conversations.actions.bulk import count_bulk, start_bulk, undo_bulk
from webapp.conversations.actions.review import decide, flag_conversation, resolve_flag
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Source, Status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_jobs, "CHUNK", 3)
    monkeypatch.setattr(bulk_jobs, "COUNT_CHUNK", 4)


@pytest.fixture
def ada() -> User:
    return make_user(Role.REVIEWER, username="ada")


@pytest.fixture
def source() -> Source:
    source = make_source()
    for _ in range(9):
        make_conversation(source)
    make_conversation(source, chat("a", "b", "c"), issues=",ends_with_user,", plain=False)
    return source


def run(job: Job) -> Job:
    ended = run_slice(job.pk, slice_seconds=None)
    assert ended is not None
    assert ended.state == Job.State.DONE, ended.error
    return ended


def count(action: str, by: User | None, **more: Any) -> Job:
    return run(count_bulk(**({"action": action, "ids": None, "chosen": {}, "by": by} | more)))


def do(action: str, by: User, **more: Any) -> Job:
    return run(start_bulk(counted=count(action, by, **more), by=by))


def statuses(source: Source) -> list[int]:
    return list(Conversation.objects.filter(source=source).order_by("pk").values_list("status", flat=True))


def check() -> None:
    assert_tallies_match()
    for conversation in Conversation.objects.all():
        assert_history_matches(conversation)


def test_the_count_says_what_would_happen(source: Source, ada: User) -> None:
    first = Conversation.objects.all()[0]
    decide(conversation_id=first.pk, version=1, status=Status.APPROVED, by=ada)
    job = count("approve", ada, chosen={"source": [source.pk]})
    result = {"total": 10, "unreviewed": 9, "approved": 1, "already": 1, "with_issue": 1, "changes": 8}
    assert (job.result, job.done) == (result, 10)
    assert not Decision.objects.exclude(conversation=first).exists()


def test_approving_a_filter_changes_only_what_it_matches(source: Source, ada: User) -> None:
    other = make_conversation()
    job = do("approve", ada, chosen={"source": [source.pk], "status": ["unreviewed"]}, note="looked at 50 of them")
    assert job.result == {"changed": 9, "with_issue": 1}
    assert statuses(source).count(Status.APPROVED) == 9
    assert Conversation.objects.get(pk=other.pk).status == Status.UNREVIEWED
    decision = Decision.objects.all()[0]
    assert (decision.created_by, decision.job, decision.note) == (ada, job, "looked at 50 of them")
    assert Conversation.objects.filter(reviewer=ada).count() == 9
    check()


def test_what_came_after_the_count_is_left_alone(source: Source, ada: User) -> None:
    counted = count("approve", ada)
    late = make_conversation(source)
    flagged = Conversation.objects.all()[0]
    flag_conversation(conversation_id=flagged.pk, reason=FlagReason.objects.all()[0], by=None)
    job = run(start_bulk(counted=counted, by=ada))
    assert job.result == {"changed": 8, "with_issue": 1, "flagged_since": 1}
    assert Conversation.objects.get(pk=late.pk).status == Status.UNREVIEWED
    assert Conversation.objects.get(pk=flagged.pk).status == Status.UNREVIEWED
    check()


def test_undo_puts_back_what_nobody_has_changed_since(source: Source, ada: User) -> None:
    bob = make_user(username="bob")
    first, second, third = Conversation.objects.order_by("pk")[:3]
    decide(conversation_id=first.pk, version=1, status=Status.SKIPPED, by=bob)
    job = do("reject", ada)
    decide(conversation_id=third.pk, version=2, status=Status.APPROVED, by=bob)
    undone = run(undo_bulk(job=job, by=ada))
    assert undone.result == {"changed": 9, "left": 1}
    assert statuses(source)[:4] == [Status.SKIPPED, Status.UNREVIEWED, Status.APPROVED, Status.UNREVIEWED]
    assert Conversation.objects.get(pk=first.pk).reviewer == bob
    assert Conversation.objects.get(pk=second.pk).reviewer is None
    assert undo_bulk(job=job, by=ada) == undone
    check()


def test_flags_in_bulk_and_their_undo(source: Source, ada: User) -> None:
    reason = FlagReason.objects.get(slug="language")
    own, others, both = Conversation.objects.order_by("pk")[:3]
    flag_conversation(conversation_id=own.pk, reason=reason, by=ada)
    flag_conversation(conversation_id=others.pk, reason=reason, by=None, turn=1)
    job = do("flag", ada, reason="language", note="French")
    assert job.result == {"changed": 9, "already": 1}
    assert Flag.objects.filter(job=job, note="French", turn=None).count() == 9
    check()
    resolve_flag(flag_id=Flag.objects.get(job=job, conversation=both).pk, by=None)
    undone = run(undo_bulk(job=job, by=ada))
    assert undone.result == {"changed": 8, "left": 1}
    assert Flag.objects.filter(resolved_at=None).count() == 2
    check()


def test_a_job_killed_in_the_middle_goes_on_where_it_was(source: Source, ada: User) -> None:
    job = start_bulk(counted=count("skip", ada), by=ada)
    for _ in range(20):
        ended = run_slice(job.pk, slice_seconds=0)
        assert ended is not None
        if ended.is_finished():
            break
    assert Job.objects.get(pk=job.pk).result == {"changed": 10}
    assert Decision.objects.count() == 10
    check()


def test_a_second_confirmation_is_the_same_job(source: Source, ada: User) -> None:
    counted = count("skip", ada)
    assert start_bulk(counted=counted, by=ada) == start_bulk(counted=counted, by=ada)
    with pytest.raises(Forbidden):
        start_bulk(counted=counted, by=make_user(Role.CURATOR))
    with pytest.raises(Conflict):
        undo_bulk(job=counted, by=ada)
    waiting = count_bulk(action="skip", ids=None, chosen={}, by=ada)
    with pytest.raises(Conflict):
        start_bulk(counted=waiting, by=ada)


def test_text_search_and_bulk(source: Source, ada: User) -> None:
    assert count("approve", ada, chosen={"q": "nowhere"}).result == {}


# Through the browser.


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_checked_rows_are_counted_confirmed_done_and_undone(browser: Client, source: Source) -> None:
    ids = list(Conversation.objects.order_by("pk").values_list("pk", flat=True)[5:])
    page = browser.post("/conversations/bulk/", {"action": "approve", "ids": ids})["Location"]
    shown = browser.get(page).content.decode()
    assert "Approve 4 conversations" in shown
    assert "Left alone: format issue" in shown
    done = browser.post(f"{page}start")["Location"]
    shown = browser.get(done).content.decode()
    assert "Undo it for 4 conversations" in shown
    undone = browser.post(f"{done}undo")["Location"]
    assert "put back" in browser.get(undone).content.decode()
    assert "It was undone" in browser.get(done).content.decode()
    assert set(statuses(source)) == {Status.UNREVIEWED}
    check()


def test_all_that_match_wait_for_a_worker(browser: Client, source: Source) -> None:
    sent = {"action": "flag", "reason": "unsafe", "filter": f"source={source.pk}&order=newest", "ids": ["1"]}
    page = browser.post("/conversations/bulk/", sent)["Location"]
    assert "First everything that matches is counted" in browser.get(page).content.decode()
    run(Job.objects.get())
    assert "Flag 10 conversations as unsafe" in browser.get(page).content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"action": "approve"},
        {"action": "destroy", "ids": ["1"]},
        {"action": "approve", "ids": ["x"]},
        {"action": "approve", "ids": ["-1"]},
        {"action": "approve", "ids": [str(number) for number in range(1, 1003)]},
        {"action": "flag", "ids": ["1"]},
        {"action": "flag", "ids": ["1"], "reason": "nonsense"},
        {"action": "approve", "filter": "password=x"},
        {"action": "approve", "filter": "", "note": "x" * 501},
    ],
)
def test_a_bad_bulk_change_is_refused(browser: Client, sent: dict[str, Any]) -> None:
    assert browser.post("/conversations/bulk/", sent).status_code == 400
    assert not Job.objects.exists()


def test_a_viewer_looks_but_changes_nothing(client: Client, source: Source, ada: User) -> None:
    job = count("approve", ada)
    client.force_login(make_user(Role.VIEWER))
    assert client.get(f"/conversations/bulk/{job.pk}/").status_code == 200
    assert client.post("/conversations/bulk/", {"action": "approve", "filter": ""}).status_code == 403
    assert client.post(f"/conversations/bulk/{job.pk}/start").status_code == 403
    assert client.post(f"/conversations/bulk/{job.pk}/undo").status_code == 403


def test_wrong_methods_and_unknown_jobs(browser: Client) -> None:
    assert browser.get("/conversations/bulk/").status_code == 405
    assert browser.get("/conversations/bulk/1/").status_code == 404
    assert browser.get("/conversations/bulk/1/start").status_code == 405
    assert browser.post("/conversations/bulk/1/undo").status_code == 404


def test_a_change_that_was_stopped_and_undone_does_not_go_on(source: Source, ada: User) -> None:
    job = start_bulk(counted=count("reject", ada), by=ada)
    run_slice(job.pk, slice_seconds=-1)
    cancel_job(job=job, by=ada)
    stopped = run_slice(job.pk, slice_seconds=None)
    assert stopped is not None
    assert (stopped.state, statuses(source).count(Status.REJECTED)) == (Job.State.CANCELLED, 3)
    run(undo_bulk(job=stopped, by=ada))
    continue_job(job=stopped, by=ada, send=False)
    again = run_slice(job.pk, slice_seconds=None)
    assert again is not None
    assert "was undone" in again.error
    assert set(statuses(source)) == {Status.UNREVIEWED}
    check()
