"""Find and replace: previewed first, done in chunks, undone where nobody has changed anything since."""

from typing import Any

import pytest

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role, User
from webapp.common.actions import cancel_job, continue_job
from webapp.common.errors import BadRequest, Conflict, Forbidden
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations import finding, replacing_jobs
from webapp.conversations.actions.replacing import preview_replacing, start_replacing, undo_replacing
from webapp.conversations.actions.review import decide, flag_conversation, save_edit
from webapp.conversations.actions.search import queue_indexing
from webapp.conversations.finding import Wanted
from webapp.conversations.models import Conversation, FlagReason, Revision, Source, Status
from webapp.conversations.searching import search_among

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing_jobs, "CHUNK", 3)
    monkeypatch.setattr(replacing_jobs, "COUNT_CHUNK", 4)


@pytest.fixture
def ada() -> User:
    return make_user(Role.CURATOR, username="ada")


@pytest.fixture
def source() -> Source:
    """Ten conversations: eight with the word, in two turns, one with nothing else in a turn, one without it."""
    source = make_source()
    for number in range(8):
        make_conversation(source, chat(f"What colour is it? {number}", "No colour at all."))
    make_conversation(source, chat("Say it.", "colour"))
    make_conversation(source, chat("Say nothing.", "Well."))
    run(queue_indexing(source=source, by=None))
    return source


def run(job: Job) -> Job:
    ended = run_slice(job.pk, slice_seconds=None)
    assert ended is not None
    assert ended.state == Job.State.DONE, ended.error
    return ended


def preview(by: User | None, find: str = "colour", replacement: str = "color", **more: Any) -> Job:
    options: dict[str, Any] = {name: more.pop(name) for name in list(more) if name in Wanted.__dataclass_fields__}
    sent: dict[str, Any] = {"wanted": Wanted(find, replacement, **options), "chosen": {}, "by": by}
    return run(preview_replacing(**(sent | more)))


def do(by: User, *texts: str, **more: Any) -> Job:
    return run(start_replacing(previewed=preview(by, *texts, **more), by=by))


def texts(source: Source) -> list[list[str]]:
    rows = Conversation.objects.filter(source=source).order_by("pk").select_related("text")
    return [[turn["content"] for turn in row.text.message_list()] for row in rows]


def statuses(source: Source) -> list[int]:
    return list(Conversation.objects.filter(source=source).order_by("pk").values_list("status", flat=True))


def check() -> None:
    assert_tallies_match()
    for conversation in Conversation.objects.all():
        assert_history_matches(conversation)


def test_the_preview_counts_and_shows_but_changes_nothing(source: Source, ada: User) -> None:
    first = Conversation.objects.order_by("pk")[0]
    decide(conversation_id=first.pk, version=1, status=Status.APPROVED, by=ada)
    result = preview(ada, replacement="").result
    assert {name: result[name] for name in ("total", "changes", "places", "approved", "empty")} == {
        "total": 10,
        "changes": 8,
        "places": 16,
        "approved": 1,
        "empty": 1,
    }
    last = Conversation.objects.order_by("pk")[8]
    assert result["left"] == [[last.pk, "empty"]]
    sample = result["samples"][0]
    assert (sample["id"], sample["approved"], sample["places"]) == (first.pk, True, 2)
    assert sample["turns"][1]["pieces"] == [["same", "No "], ["removed", "colour"], ["added", ""], ["same", " at all."]]
    assert not Revision.objects.exists()


def test_replacing_makes_a_revision_of_each_with_reason_and_job(source: Source, ada: User) -> None:
    first, second = Conversation.objects.order_by("pk")[:2]
    decide(conversation_id=first.pk, version=1, status=Status.APPROVED, by=ada)
    decide(conversation_id=second.pk, version=1, status=Status.REJECTED, by=ada)
    flag_conversation(conversation_id=first.pk, reason=FlagReason.objects.all()[0], by=None, turn=1)
    job = do(ada, reason="house style", chosen={"source": [source.pk]})
    assert job.result == {"changed": 9, "places": 17, "approved": 1}
    assert texts(source)[0] == ["What color is it? 0", "No color at all."]
    assert texts(source)[8:] == [["Say it.", "color"], ["Say nothing.", "Well."]]
    assert statuses(source)[:3] == [Status.UNREVIEWED, Status.REJECTED, Status.UNREVIEWED]
    revision = Revision.objects.get(conversation=first)
    assert (revision.version, revision.reason, revision.created_by, revision.job) == (3, "house style", ada, job)
    assert revision.previous == Status.APPROVED
    assert search_among([first.pk], "colour") == []
    assert search_among([first.pk], "color") == [first.pk]
    check()


def test_what_was_changed_since_the_preview_is_left_alone(source: Source, ada: User) -> None:
    previewed = preview(ada)
    edited, decided, *_ = Conversation.objects.order_by("pk")
    save_edit(conversation_id=edited.pk, version=1, messages=chat("colour?", "colour!"), by=None)
    decide(conversation_id=decided.pk, version=1, status=Status.APPROVED, by=None)
    late = make_conversation(source, chat("colour", "colour"))
    job = run(start_replacing(previewed=previewed, by=ada))
    assert job.result == {"changed": 7, "places": 13, "since": 2}
    assert texts(source)[0] == ["colour?", "colour!"]
    assert Conversation.objects.get(pk=decided.pk).status == Status.APPROVED
    assert Conversation.objects.get(pk=late.pk).version == 1
    check()


def test_undo_puts_texts_and_approvals_back_where_nobody_has_changed_them(source: Source, ada: User) -> None:
    bob = make_user(username="bob")
    first, second, third = Conversation.objects.order_by("pk")[:3]
    decide(conversation_id=first.pk, version=1, status=Status.APPROVED, by=bob)
    save_edit(conversation_id=second.pk, version=1, messages=chat("A colour?", "Yes."), by=bob)
    before = texts(source)
    job = do(ada)
    decide(conversation_id=third.pk, version=2, status=Status.APPROVED, by=bob)
    undone = run(undo_replacing(job=job, by=ada))
    assert undone.result == {"changed": 8, "left": 1}
    after = texts(source)
    assert after[2] == ["What color is it? 2", "No color at all."]
    assert after[:2] + after[3:] == before[:2] + before[3:]
    assert statuses(source)[:3] == [Status.APPROVED, Status.UNREVIEWED, Status.APPROVED]
    assert Conversation.objects.get(pk=first.pk).reviewer == bob
    assert Revision.objects.filter(conversation=second).order_by("version")[2].restored_from == 2
    assert search_among([first.pk], "colour") == [first.pk]
    assert undo_replacing(job=job, by=ada) == undone
    check()


def test_a_job_killed_in_the_middle_goes_on_where_it_was(source: Source, ada: User) -> None:
    job = start_replacing(previewed=preview(ada, replacement="colour colour"), by=ada)
    for _ in range(20):
        ended = run_slice(job.pk, slice_seconds=0)
        assert ended is not None
        if ended.is_finished():
            break
    assert Job.objects.get(pk=job.pk).result == {"changed": 9, "places": 17}
    assert Revision.objects.count() == 9
    assert texts(source)[8] == ["Say it.", "colour colour"]
    check()


def test_one_that_was_stopped_and_undone_does_not_go_on(source: Source, ada: User) -> None:
    job = start_replacing(previewed=preview(ada), by=ada)
    run_slice(job.pk, slice_seconds=-1)
    cancel_job(job=job, by=ada)
    stopped = run_slice(job.pk, slice_seconds=None)
    assert stopped is not None
    assert (stopped.state, stopped.result["changed"]) == (Job.State.CANCELLED, 3)
    run(undo_replacing(job=stopped, by=ada))
    continue_job(job=stopped, by=ada, send=False)
    again = run_slice(job.pk, slice_seconds=None)
    assert again is not None
    assert "was undone" in again.error
    assert texts(source)[0] == ["What colour is it? 0", "No colour at all."]
    check()


def test_a_second_confirmation_is_the_same_job(source: Source, ada: User) -> None:
    previewed = preview(ada)
    assert start_replacing(previewed=previewed, by=ada) == start_replacing(previewed=previewed, by=ada)
    with pytest.raises(Forbidden):
        start_replacing(previewed=previewed, by=make_user(Role.CURATOR))
    with pytest.raises(Conflict):
        undo_replacing(job=previewed, by=ada)
    waiting = preview_replacing(wanted=Wanted("a", "b"), chosen={}, by=ada)
    with pytest.raises(Conflict):
        start_replacing(previewed=waiting, by=ada)


def test_roles_filters_and_parts(ada: User) -> None:
    source = make_source()
    parts = [{"type": "text", "text": "colour: "}, {"type": "python", "text": "print('colour')"}]
    made = make_conversation(source, [*chat("A colour?"), {"role": "assistant", "content": parts}])
    other = make_conversation(messages=chat("A colour?", "colour"))
    job = do(ada, chosen={"source": [source.pk]}, roles=("assistant",))
    assert job.result == {"changed": 1, "places": 2}
    messages = Conversation.objects.get(pk=made.pk).text.message_list()
    assert messages[0]["content"] == "A colour?"
    assert [part["text"] for part in messages[1]["content"]] == ["color: ", "print('color')"]
    assert Conversation.objects.get(pk=other.pk).version == 1
    check()


def test_an_expression_that_would_never_end_is_stopped(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "SECONDS", 0.05)
    source = make_source()
    make_conversation(source, chat("a" * 40 + "b", "fine"))
    make_conversation(source, chat("aab aa", "fine"))
    result = preview(ada, "(a+)+$", "x", regex=True).result
    assert {name: result.get(name) for name in ("changes", "slow", "places")} == {"changes": 1, "slow": 1, "places": 1}
    for _ in range(replacing_jobs.MOST_SLOW):
        make_conversation(source, chat("a" * 40 + "b", "fine"))
    job = preview_replacing(wanted=Wanted("(a+)+$", "x", regex=True), chosen={}, by=ada)
    ended = run_slice(job.pk, slice_seconds=None)
    assert ended is not None
    assert (ended.state, ended.final) == (Job.State.FAILED, True)
    assert "Write a simpler one" in ended.error


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("", "x"),
        Wanted("(", "x", regex=True),
        Wanted("a", "\\2", regex=True),
        Wanted("a" * 501, "x", regex=True),
        Wanted("a", "x" * 10_001),
        Wanted("a", "x", roles=()),
        Wanted("a", "x", roles=("nobody",)),
        Wanted("(" * 400 + ")" * 400, "x", regex=True),
    ],
)
def test_what_cannot_be_done_is_refused(ada: User, wanted: Wanted) -> None:
    with pytest.raises(BadRequest):
        preview_replacing(wanted=wanted, chosen={}, by=ada)
    assert not Job.objects.exists()
