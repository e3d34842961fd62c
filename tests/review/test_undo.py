"""Taking back: any number of steps, whole key presses, bulk changes; never over what somebody else did since."""

from uuid import uuid4

import pytest
from django.test import Client

from tests.conversations.checks import assert_history_matches, assert_tallies_match
from tests.factories import chat, make_conversation
from tests.review import queueing
from tests.review.making import ask, decision, entry, make_items, new_tab, send, undo_of
from webapp.accounts.models import User
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions.bulk import count_bulk, start_bulk
from webapp.conversations.actions.review import decide, flag_conversation, save_edit
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Revision, Status
from webapp.review.models import Comment, Lease, Queue, QueueItem, Step, Verdict

pytestmark = pytest.mark.django_db
SLUG = "unsafe"


def now(item: QueueItem) -> Conversation:
    return Conversation.objects.select_related("text").get(pk=item.conversation_id)


def test_a_decision_is_taken_back_with_a_new_one(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    made = decision(item, tab=(tab := new_tab()))
    send(adas, made)
    [result] = send(adas, undo_of(made, after=made["id"]))
    assert (result["state"], result["version"], result["status"]) == ("done", 3, "unreviewed")
    assert [row.status for row in Decision.objects.order_by("pk")] == [Status.APPROVED, Status.UNREVIEWED]
    item.refresh_from_db()
    queue.refresh_from_db()
    assert (item.state, item.verdicts_count, queue.done) == (QueueItem.State.OPEN, 0, 0)
    assert Verdict.objects.get().withdrawn_at
    assert ask(bobs, queue, new_tab())["items"] == []
    assert [shown["id"] for shown in ask(adas, queue, tab, item=item.pk)["items"]] == [item.pk]
    assert Lease.objects.count() == 1


def test_it_can_only_be_undone_once(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    made = decision(item)
    send(adas, made, undo_of(made))
    [again] = send(adas, undo_of(made))
    assert (again["state"], again["message"]) == ("refused", "This has been undone already.")
    assert Decision.objects.count() == 2


def test_a_key_press_of_two_steps_is_undone_as_one(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    flag = entry("flag", item, reason=SLUG, turn=0, note="")
    reject = decision(item, "rejected", after=flag["id"], group=flag["group"])
    results = send(adas, flag, reject, undo_of(flag))
    assert [result["state"] for result in results] == ["done"] * 3
    conversation = now(item)
    assert (conversation.status, conversation.open_flags) == (Status.UNREVIEWED, 0)
    assert Step.objects.filter(undone_at=None).count() == 1
    assert_tallies_match()


def test_an_edit_is_undone_by_a_new_revision(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    old = now(item).text.messages
    made = entry("edit", item, messages=chat("q", "new"), reason="", approve=True)
    send(adas, made, undo_of(made))
    conversation = now(item)
    assert (conversation.text.messages, conversation.status) == (old, Status.UNREVIEWED)
    assert Revision.objects.count() == 2
    assert conversation.edited is False
    assert_history_matches(conversation)
    assert_tallies_match()


def test_an_edit_that_ended_an_approval_gives_it_back(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    approve = decision(item)
    edit = entry("edit", item, messages=chat("q", "new"), reason="", approve=False, after=approve["id"])
    send(adas, approve, edit, undo_of(edit))
    item.refresh_from_db()
    queue.refresh_from_db()
    assert (now(item).status, item.state, queue.done) == (Status.APPROVED, QueueItem.State.AGREED, 1)
    assert Verdict.objects.standing().count() == 1
    assert send(adas, undo_of(approve))[0]["status"] == "unreviewed"


def test_a_flag_whose_turn_was_deleted_comes_back_to_it(adas: Client, bob: User, queue: Queue) -> None:
    [item] = make_items(queue)
    flag = flag_conversation(conversation_id=item.conversation_id, reason=FlagReason.objects.all()[0], by=bob, turn=1)
    messages = [{"role": "user", "content": "something else entirely"}]
    made = entry("edit", item, messages=messages, reason="", approve=False, seen_flag=flag.pk)
    send(adas, made)
    flag.refresh_from_db()
    assert flag.turn is None
    send(adas, undo_of(made))
    flag.refresh_from_db()
    assert flag.turn == 1


def test_flags_and_comments_are_taken_back(adas: Client, bob: User, queue: Queue) -> None:
    [item] = make_items(queue)
    theirs = flag_conversation(conversation_id=item.conversation_id, reason=FlagReason.objects.all()[0], by=bob)
    closed = entry("resolve", item, flag=theirs.pk)
    comment = entry("comment", item, turn=None, text="hm")
    send(adas, closed, comment)
    assert now(item).open_flags == 0
    send(adas, undo_of(comment), undo_of(closed))
    assert now(item).open_flags == 1
    assert Flag.objects.get().resolved_at is None
    assert Comment.objects.get().deleted_at
    assert_tallies_match()


def test_a_flag_that_was_there_before_stays(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    first, second = (entry("flag", item, reason=SLUG, turn=None, note="") for _ in range(2))
    send(adas, first, second, undo_of(second))
    assert now(item).open_flags == 1
    send(adas, undo_of(first))
    assert now(item).open_flags == 0


def test_what_somebody_changed_since_is_left_alone(adas: Client, bob: User, queue: Queue) -> None:
    first, second = make_items(queue, 2)
    made = [decision(first), entry("edit", second, messages=chat("q", "mine"), reason="", approve=False)]
    send(adas, *made)
    decide(conversation_id=first.conversation_id, version=2, status=Status.REJECTED, by=bob)
    save_edit(conversation_id=second.conversation_id, version=2, messages=chat("q", "his"), by=bob)
    results = send(adas, *(undo_of(one) for one in made))
    assert [result["state"] for result in results] == ["conflict", "conflict"]
    assert all("Somebody has changed it since" in result["message"] for result in results)
    assert (now(first).status, now(second).text.message_list()) == (Status.REJECTED, chat("q", "his"))
    assert Verdict.objects.standing().count() == 1


def test_steps_are_undone_from_the_last_one_back(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    first = decision(item)
    second = decision(item, "rejected", after=first["id"])
    third = entry("edit", item, messages=chat("q", "new"), reason="", approve=True, after=second["id"])
    send(adas, first, second, third)
    [early] = send(adas, undo_of(first))
    assert (early["state"], early["message"]) == ("conflict", "You have changed it again since. Undo that first.")
    results = send(adas, undo_of(third), undo_of(second), undo_of(first))
    assert [result["status"] for result in results] == ["rejected", "approved", "unreviewed"]
    assert_history_matches(now(item))


def test_an_undo_is_undone_by_doing_it_again(adas: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    made = decision(item)
    undo = undo_of(made, after=made["id"])
    again = decision(item, "rejected", after=undo["id"])
    results = send(adas, made, undo, again, undo_of(again))
    assert [result["status"] for result in results] == ["approved", "unreviewed", "rejected", "unreviewed"]


def test_what_was_never_saved_is_settled_by_taking_it_back(adas: Client, bob: User, queue: Queue) -> None:
    [item] = make_items(queue)
    decide(conversation_id=item.conversation_id, version=1, status=Status.REJECTED, by=bob)
    made = decision(item)
    assert send(adas, made)[0]["state"] == "conflict"
    [undone] = send(adas, undo_of(made))
    assert (undone["state"], undone["status"]) == ("done", "rejected")
    assert Step.objects.get(pk=made["id"]).state == Step.State.SETTLED
    assert send(adas, made)[0]["state"] == "done"


def test_nobody_takes_back_what_others_did(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    made = decision(item)
    send(adas, made)
    [result] = send(bobs, undo_of(made))
    assert (result["state"], result["message"]) == ("refused", "There is no such step of yours.")
    assert now(item).status == Status.APPROVED


def bulk_change(user: User, *conversations: Conversation) -> Job:
    ids = [conversation.pk for conversation in conversations]
    counted = run_slice(count_bulk(action="approve", ids=ids, chosen={}, by=user).pk, slice_seconds=None)
    assert counted is not None
    job = run_slice(start_bulk(counted=counted, by=user).pk, slice_seconds=None)
    assert job is not None
    return job


def test_a_bulk_change_is_undone_by_a_job(adas: Client, ada: User, bobs: Client) -> None:
    conversations = [make_conversation() for _ in range(3)]
    job = bulk_change(ada, *conversations)
    listed = adas.get("/review/steps").json()["steps"]
    assert [(one["group"], one["job"], one["undoable"]) for one in listed] == [(f"job-{job.pk}", True, True)]
    undo = entry("undo", target=f"job-{job.pk}")
    assert send(bobs, undo)[0]["state"] == "refused"
    [result] = send(adas, undo | {"id": str(uuid4())})
    assert result["state"] == "done"
    run_slice(Job.objects.order_by("-pk")[0].pk, slice_seconds=None)
    assert {row.status for row in Conversation.objects.all()} == {Status.UNREVIEWED}
    assert send(adas, entry("undo", target=f"job-{job.pk}"))[0]["state"] == "refused"
    assert adas.get("/review/steps").json()["steps"][0]["undoable"] is False


def test_the_list_names_what_can_be_undone(adas: Client, bobs: Client, queue: Queue) -> None:
    [item] = make_items(queue)
    flag = entry("flag", item, reason=SLUG, turn=0, note="")
    reject = decision(item, "rejected", after=flag["id"], group=flag["group"])
    comment = entry("comment", item, turn=None, text="hm")
    send(adas, flag, reject, comment, undo_of(comment))
    listed = adas.get("/review/steps").json()["steps"]
    label = FlagReason.objects.get(slug=SLUG).label
    assert listed == [
        {
            "group": group,
            "words": words,
            "conversation": item.conversation_id,
            "title": str(item.conversation),
            "item": item.pk,
            "kind": kind,
            "undoable": undoable,
            "job": False,
        }
        for group, words, kind, undoable in [
            (flag["group"], f"flagged: {label} on turn 1, rejected", "decide", True),
        ]
    ]
    assert bobs.get("/review/steps").json() == {"steps": []}


def test_what_a_bulk_change_took_out_of_a_queue_comes_back_with_its_undo(adas: Client, ada: User) -> None:
    conversations = [make_conversation() for _ in range(2)]
    queue, tab = queueing.make_queue(), new_tab()
    job = bulk_change(ada, *conversations)
    assert ask(adas, queue, tab)["items"] == []
    assert queue.items.filter(state=QueueItem.State.GONE).count() == 2
    queue.refresh_from_db()
    assert queue.job is not None
    queueing.work(queue.job)
    assert ask(adas, queue, tab)["filling"] is False
    send(adas, entry("undo", target=f"job-{job.pk}"))
    assert ask(adas, queue, tab)["filling"] is True
    queueing.work(Job.objects.get(kind="bulk_undo"))
    asked = ask(adas, queue, tab)
    assert (asked["items"], asked["filling"]) == ([], True)
    queue.refresh_from_db()
    queueing.work(queue.job)
    assert [one["conversation"] for one in ask(adas, queue, tab)["items"]] == [one.pk for one in conversations]
    queueing.assert_counts_match(queue)


def test_a_screen_at_the_end_of_a_queue_finds_what_somebody_took_back(adas: Client, bob: User) -> None:
    conversation = make_conversation()
    queue, tab = queueing.make_queue(), new_tab()
    decide(conversation_id=conversation.pk, version=1, status=Status.SKIPPED, by=bob)
    assert ask(adas, queue, tab)["filling"] is False
    Queue.objects.update(filled_at=None)
    assert ask(adas, queue, tab)["filling"] is False
    decide(conversation_id=conversation.pk, version=2, status=Status.UNREVIEWED, by=bob)
    assert ask(adas, queue, tab)["filling"] is True
    queue.refresh_from_db()
    assert queue.job is not None
    queueing.work(queue.job)
    assert len(ask(adas, queue, tab)["items"]) == 1
