"""Something of every kind that the audit tells, made by the actions that people use where there are some."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.evals.making import make_run
from tests.factories import make_conversation, make_source
from webapp.accounts.actions import invite_person
from webapp.accounts.models import User
from webapp.common.models import Job
from webapp.conversations.actions import review
from webapp.conversations.models import Conversation, Decision, FlagReason, Status
from webapp.mixtures.actions import create_mixture
from webapp.mixtures.models import Export
from webapp.review.models import Comment, Queue, QueueItem, Step, Verdict

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_history(by: User) -> Conversation:
    """One of each kind by one person, about one conversation of the source “orchard”."""
    conversation = make_conversation(make_source("orchard", created_by=by))
    number = conversation.pk
    review.decide(conversation_id=number, version=1, status=Status.APPROVED, by=by, note="fine")
    messages = conversation.text.message_list()
    messages[0]["content"] += " Please."
    review.save_edit(conversation_id=number, version=2, messages=messages, by=by, reason="politer")
    reason = FlagReason.objects.get(slug="wrong-answer")
    flag = review.flag_conversation(conversation_id=number, reason=reason, by=by, turn=1, note="hm")
    review.resolve_flag(flag_id=flag.pk, by=by)
    Comment.objects.create(conversation=conversation, turn=0, text="Look at this", created_by=by, resolved_by=by,
                           resolved_at=START)  # fmt: skip
    queue = Queue.objects.create(name="the blind ones", overlap=2, created_by=by)
    make_verdict(queue, conversation, by)
    _make_undo(conversation, by)
    mixture = create_mixture(name="mix", by=by)
    Export.objects.create(mixture=mixture, mixture_name="mix", recipe=mixture.recipe, created_by=by)
    make_run([], name="the run", created_by=by)
    Job.objects.create(kind="some_work", title="Index it", created_by=by)
    invite_person(role="reviewer", note="Ben", by=by)
    return conversation


def _make_undo(conversation: Conversation, by: User) -> None:
    common: dict[str, Any] = {"group": uuid.uuid4(), "reviewer": by, "conversation": conversation}
    first = Step.objects.create(id=uuid.uuid4(), number=1, kind="decide", state="done", **common)
    Step.objects.create(id=uuid.uuid4(), number=2, kind="undo", state="done", undoes=first, **common)


def make_verdict(queue: Queue, conversation: Conversation, by: User, **fields: Any) -> Verdict:
    """A verdict on an item, which is made where it is not there."""
    item, _ = QueueItem.objects.get_or_create(queue=queue, conversation=conversation)
    source = conversation.source
    wanted = {"status": Status.REJECTED, "version": conversation.version} | fields
    return Verdict.objects.create(
        item=item, queue=queue, conversation=conversation, source=source, reviewer=by, **wanted
    )


def make_decisions(conversation: Conversation, by: User | None, count: int, *, every: timedelta) -> None:
    """Decisions from `START` on, as they would have been made one after the other."""
    Decision.objects.bulk_create(
        Decision(conversation=conversation, version=number + 1, status=1 + number % 2, previous=0,
                 note=f"number {number}", created_by=by, created_at=START + every * number)
        for number in range(count)
    )  # fmt: skip
