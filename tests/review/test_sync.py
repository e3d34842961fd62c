"""What the outbox of a browser sends: carried out once, answered always."""

import pytest
from django.test import Client

from tests.review.making import decision, make_items, send
from webapp.conversations.models import Conversation, Decision, Status
from webapp.review.models import Queue, QueueItem, Step, Verdict

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
