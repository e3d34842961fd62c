"""What the outbox of a browser sends: carried out once, answered always."""

import json
import threading

import pytest
from django.db import OperationalError, connections
from django.test import Client
from django.urls import reverse

from tests.conversations.checks import assert_tallies_match
from tests.factories import chat, make_conversation
from tests.review.making import decision, entry, make_items, make_queue, new_tab, send
from webapp.accounts.models import Role, User
from webapp.conversations.actions.review import decide, flag_conversation, save_edit
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Status
from webapp.review.actions.queues import archive_queue
from webapp.review.actions.steps import carry_out_steps
from webapp.review.entries import read_batch
from webapp.review.models import Comment, Mention, Queue, QueueItem, Step, TurnDraft, Verdict

SYNC = "/review/sync"
JSON = {"accept": "application/json"}
SLUG = "unsafe"
pytestmark = pytest.mark.django_db


def test_a_decision_is_the_conversations_status(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    sent = decision(item, note="clear")
    [result] = send(adas, sent)
    assert result == {
        "id": sent["id"],
        "state": "done",
        "message": "",
        "conversation": item.conversation_id,
        "version": 2,
        "seen_flag": 0,
        "status": "approved",
        "conflict": None,
    }
    item.refresh_from_db()
    queue.refresh_from_db()
    assert (item.state, item.verdicts_count, queue.done) == (QueueItem.State.AGREED, 1, 1)
    assert Conversation.objects.get().status == Status.APPROVED
    made = Verdict.objects.get()
    assert (made.status, made.version, made.seconds, made.note) == (Status.APPROVED, 1, 2.5, "clear")
    assert (Step.objects.get().version, Step.objects.get().version_after) == (1, 2)


def test_the_same_entry_again_changes_nothing(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    sent = decision(item)
    first = send(adas, sent, sent)
    assert send(adas, sent) == first[1:] == first[:1]
    assert (Step.objects.count(), Decision.objects.count(), Verdict.objects.count()) == (1, 1, 1)


def test_one_bad_entry_does_not_stop_the_rest(adas: Client, queue: Queue) -> None:
    first, second = make_items(queue, 2)
    results = send(adas, decision(first), {"id": "x"}, 7, decision(second, "perhaps"), decision(second, "rejected"))
    assert [result["state"] for result in results] == ["done", "refused", "refused", "refused", "done"]
    assert [result["id"] for result in results[1:3]] == ["x", None]
    assert "status" in results[3]["message"]
    assert Step.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "1"}, "id"),
        ({"group": None}, "group"),
        ({"kind": "delete"}, "kind"),
        ({"version": None}, "version"),
        ({"version": True}, "version"),
        ({"version": 0}, "version"),
        ({"conversation": None}, "conversation"),
        ({"conversation": 10**20}, "conversation"),
        ({"item": "7"}, "item"),
        ({"after": "yesterday"}, "after"),
        ({"seen_flag": -1}, "seen_flag"),
        ({"made_at": "now"}, "made_at"),
        ({"seconds": "long"}, "seconds"),
        ({"note": "x" * 501}, "note"),
        ({"note": "a\0b"}, "stored"),
        ({"note": "a\ud800b"}, "stored"),
        ({"seconds": float("inf")}, "number"),
        ({"tab": "x" * 37}, "tab"),
        ({"status": 3}, "status"),
    ],
)
def test_what_is_malformed_is_named(adas: Client, queue: Queue, change: dict[str, object], named: str) -> None:
    [item] = make_items(queue)
    [result] = send(adas, decision(item) | change)
    assert result["state"] == "refused"
    assert named in result["message"]
    assert Step.objects.count() == 0


@pytest.mark.parametrize(
    "change", [{"made_at": 1e300}, {"made_at": -(10**30)}, {"seconds": 1e300}, {"seconds": -4}, {"seconds": 10**400}]
)
def test_a_browsers_clock_may_say_anything(adas: Client, queue: Queue, change: dict[str, object]) -> None:
    [item] = make_items(queue)
    assert send(adas, decision(item, note=r"\u0000 as written") | change)[0]["state"] == "done"
    assert Verdict.objects.get().seconds in {None, 2.5, 86_400}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"entries": 3}', 400),
        (b"[" * 100_000, 400),
        (b'{"entries": [' + b"1," * 50 + b"1]}", 413),
        (b" " * (4 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_in_words(adas: Client, body: bytes, status: int) -> None:
    response = adas.post(SYNC, body, content_type="application/json", headers=JSON)
    assert response.status_code == status
    assert response.json()["message"]


def test_an_ended_session_is_told_where_to_log_in(client: Client, queue: Queue) -> None:
    here = {"referer": f"http://testserver/review/{queue.pk}/?x=1"}
    response = client.post(SYNC, {}, content_type="application/json", headers=JSON | here)
    assert (response.status_code, response.json()) == (401, {"login": f"/login?next=%2Freview%2F{queue.pk}%2F%3Fx%3D1"})
    elsewhere = client.post(SYNC, {}, content_type="application/json", headers=JSON | {"referer": "http://evil/x"})
    assert elsewhere.json() == {"login": "/login?next=%2F"}
    assert client.get(reverse("review:steps"), headers=JSON).json() == {"login": "/login?next=%2Freview%2Fsteps"}
    assert client.post(SYNC).status_code == 302


def test_a_role_that_was_taken_away_is_told_so(ada: User, adas: Client) -> None:
    ada.role = Role.VIEWER
    ada.save()
    response = adas.post(SYNC, {}, content_type="application/json", headers=JSON)
    assert response.status_code == 403
    assert "reviewer role" in response.json()["message"]


def test_the_wrong_method_and_a_stranger(adas: Client, queue: Queue) -> None:
    assert adas.get(SYNC, headers=JSON).json() == {"message": "This address takes POST only."}
    assert adas.get(reverse("review:items", args=[queue.pk])).status_code == 405


def test_an_id_of_somebody_else_is_refused(adas: Client, bobs: Client, queue: Queue) -> None:
    first, second = make_items(queue, 2)
    sent = decision(first)
    send(adas, sent)
    [result] = send(bobs, decision(second) | {"id": sent["id"]})
    assert (result["state"], result["conversation"]) == ("refused", None)
    assert Verdict.objects.count() == 1


def test_a_chain_that_was_made_before_the_first_answer(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    flag = entry("flag", item, reason=SLUG, turn=1, note="odd")
    edit = entry("edit", item, messages=chat("q", "better"), reason="typo", approve=False, after=flag["id"])
    done = decision(item, after=edit["id"])
    results = send(adas, flag, edit, done)
    assert [(result["state"], result["version"], result["status"]) for result in results] == [
        ("done", 1, "unreviewed"),
        ("done", 2, "unreviewed"),
        ("done", 3, "approved"),
    ]
    flagged = Flag.objects.get()
    assert (flagged.turn, flagged.note, {result["seen_flag"] for result in results}) == (1, "odd", {flagged.pk})


def test_what_builds_on_a_conflict_is_one(adas: Client, queue: Queue, bob: User) -> None:
    [item] = make_items(queue)
    decide(conversation_id=item.conversation_id, version=1, status=Status.REJECTED, by=bob)
    first = entry("edit", item, messages=chat("q", "mine"), reason="", approve=False)
    then = decision(item, after=first["id"])
    lost = decision(item, after=new_tab())
    results = send(adas, first, then, lost)
    assert [result["state"] for result in results] == ["conflict"] * 3
    assert results[0]["conflict"] == reverse("review:conflict", args=[first["id"]])
    assert (results[0]["version"], results[0]["status"]) == (2, "rejected")
    kept = Step.objects.get(pk=first["id"])
    assert (kept.parameters["messages"], kept.state) == (chat("q", "mine"), Step.State.CONFLICT)
    item.conversation.refresh_from_db()
    assert item.conversation.version == 2


def test_a_flag_that_was_not_seen_keeps_from_approving(adas: Client, bob: User, queue: Queue) -> None:
    [item] = make_items(queue)
    mine = entry("flag", item, reason=SLUG, turn=None, note="")
    theirs = flag_conversation(conversation_id=item.conversation_id, reason=FlagReason.objects.all()[2], by=bob)
    flagged, refused, rejected = send(
        adas, mine, decision(item, after=mine["id"]), decision(item, "rejected", after=mine["id"])
    )
    assert flagged["seen_flag"] == 0
    assert theirs.pk > 0
    assert (refused["state"], rejected["state"]) == ("conflict", "done")


def test_a_flag_on_a_turn_moves_with_the_text(adas: Client, bob: User, queue: Queue) -> None:
    [item] = make_items(queue)
    old = item.conversation.text.message_list()
    new = [{"role": "system", "content": "Be brief."}, *old]
    save_edit(conversation_id=item.conversation_id, version=1, messages=new, by=bob)
    [result] = send(adas, entry("flag", item, reason=SLUG, turn=1, note=""))
    assert (result["state"], result["version"]) == ("done", 1)
    assert Flag.objects.get().turn == 2


def test_an_edit_approved_in_one_is_a_verdict(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    [result] = send(adas, entry("edit", item, messages=chat("q", "new"), reason="", approve=True))
    assert (result["version"], result["status"]) == (3, "approved")
    assert Verdict.objects.get().status == Status.APPROVED
    queue.refresh_from_db()
    assert queue.done == 1


def test_an_edit_that_ends_the_own_approval_opens_the_item(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    first = decision(item)
    edit = entry("edit", item, messages=chat("q", "new"), reason="", approve=False, after=first["id"])
    assert send(adas, first, edit)[1]["status"] == "unreviewed"
    item.refresh_from_db()
    queue.refresh_from_db()
    assert (item.state, item.verdicts_count, queue.done) == (QueueItem.State.OPEN, 0, 0)


@pytest.mark.parametrize(
    "messages", [[], [{"role": "user"}], [{"role": "robot", "content": "x"}], ["x"], [{"role": "user", "content": 1}]]
)
def test_a_text_that_cannot_be_stored_is_refused_and_kept(adas: Client, queue: Queue, messages: object) -> None:
    [item] = make_items(queue)
    [result] = send(adas, entry("edit", item, messages=messages, reason="", approve=False))
    assert result["state"] == "refused"
    assert result["conflict"]
    assert Step.objects.get().parameters["messages"] == messages


def test_another_decision_takes_the_place_of_the_first(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    first = decision(item)
    second = decision(item, "rejected", after=first["id"])
    back = decision(item, "unreviewed", after=second["id"])
    send(adas, first, second)
    queue.refresh_from_db()
    assert [verdict.status for verdict in Verdict.objects.standing()] == [Status.REJECTED]
    assert (Verdict.objects.count(), queue.done) == (2, 1)
    assert send(adas, back)[0]["status"] == "unreviewed"
    queue.refresh_from_db()
    assert (Verdict.objects.standing().count(), queue.done) == (0, 0)


def test_a_comment_tells_whom_it_names(adas: Client, ada: User, bob: User, queue: Queue) -> None:
    [item] = make_items(queue)
    text = "@Bob. look at this, and @ada and @nobody; write to x@bob"
    send(adas, entry("comment", item, turn=1, text=text))
    comment = Comment.objects.get()
    assert (comment.text, comment.turn, comment.created_by) == (text, 1, ada)
    assert [mention.user for mention in Mention.objects.all()] == [bob]


def test_a_draft_is_kept_until_it_is_saved(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    send(adas, entry("draft", item, messages=chat("q", "hal")), entry("draft", item, messages=chat("q", "half")))
    assert [draft.messages for draft in TurnDraft.objects.all()] == [chat("q", "half")]
    assert all("messages" not in step.parameters for step in Step.objects.all())
    send(adas, entry("edit", item, messages=chat("q", "half done"), reason="", approve=False))
    assert TurnDraft.objects.count() == 0
    send(adas, entry("draft", item, messages=chat("q", "x")), entry("draft", item, messages=None))
    assert TurnDraft.objects.count() == 0


def test_without_an_item_it_is_about_the_conversation(adas: Client) -> None:
    conversation = make_conversation()
    [result] = send(adas, entry("decide", conversation, status="skipped", note=""))
    assert (result["state"], result["status"]) == ("done", "skipped")
    assert Verdict.objects.count() == 0


def test_what_is_not_there_is_refused(adas: Client, queue: Queue) -> None:
    one, other = make_items(queue, 2)
    conversation = other.conversation
    wrong = [
        decision(one) | {"conversation": 10**9},
        decision(one) | {"conversation": conversation.pk},
        decision(one, version=9),
        entry("flag", one, reason="no-such", turn=None, note=""),
        entry("flag", one, reason=SLUG, turn=9, note=""),
        entry("resolve", one, flag=10**9),
        entry("undo", one, target=new_tab()),
        entry("undo", one, target="job-77"),
    ]
    results = send(adas, *wrong)
    assert [result["state"] for result in results] == ["refused"] * len(wrong)
    assert send(adas, decision(one) | {"item": 10**9})[0]["state"] == "done"


def test_a_fault_of_the_program_does_not_stop_the_rest(
    adas: Client, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_items(queue, 2)
    broken = decision(first)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr("webapp.review.stepping.decide", fail)
        assert send(adas, broken)[0]["state"] == "refused"
    assert send(adas, broken, decision(second))[1]["state"] == "done"
    assert Step.objects.get(pk=broken["id"]).parameters["status"] == "approved"


def test_a_database_that_is_away_keeps_what_was_done(
    adas: Client, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_items(queue, 2)
    batch = [decision(first), decision(second)]

    def fail(*_: object, **arguments: object) -> object:
        if arguments["conversation_id"] == second.conversation_id:
            raise OperationalError("database is locked")
        return decide(**arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr("webapp.review.stepping.decide", fail)
        response = adas.post(SYNC, json.dumps({"entries": batch}), content_type="application/json", headers=JSON)
        assert response.status_code == 503
        assert response.json()["message"]
    assert Step.objects.count() == 1
    assert [result["state"] for result in send(adas, *batch)] == ["done", "done"]
    assert (Decision.objects.count(), Verdict.objects.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_from_many_tabs_at_the_same_moment(ada: User) -> None:
    queue = make_queue()
    items = make_items(queue, 6)
    batch = []
    for item in items:
        flag = entry("flag", item, reason=SLUG, turn=None, note="")
        batch += [flag, decision(item, "rejected", after=flag["id"]), entry("comment", item, turn=None, text="why?")]
    entries = read_batch(json.dumps({"entries": batch}).encode())
    got: list[object] = []
    ready = threading.Barrier(4)

    def sync() -> None:
        ready.wait()
        try:
            got.append(carry_out_steps(reviewer=ada, entries=entries))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sync) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert all(answer == got[0] for answer in got)
    counts = [model.objects.count() for model in (Step, Flag, Decision, Verdict, Comment)]
    assert counts == [18, 6, 6, 6, 6]
    numbers = Step.objects.order_by("number").values_list("pk", flat=True)
    assert [str(pk) for pk in numbers] == [made["id"] for made in batch]
    assert_tallies_match()


def test_a_queue_for_others_takes_no_decisions(adas: Client, bob: User, queue: Queue) -> None:
    queue.overlap = 2
    queue.save()
    queue.assignees.add(bob)
    [item] = make_items(queue)
    edit = entry("edit", item, messages=chat("q", "new"), reason="", approve=True)
    results = send(adas, decision(item), edit, entry("flag", item, reason=SLUG, turn=None, note=""))
    assert [result["state"] for result in results] == ["refused", "refused", "done"]
    assert "for other reviewers" in results[0]["message"]
    item.refresh_from_db()
    assert (item.verdicts_count, Verdict.objects.count(), Decision.objects.count()) == (0, 0, 0)


def test_what_was_decided_before_the_queue_was_archived_still_counts(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    made = decision(item)
    archive_queue(queue=queue, by=None)
    assert send(adas, made)[0]["state"] == "done"
    item.refresh_from_db()
    assert item.state == QueueItem.State.AGREED
