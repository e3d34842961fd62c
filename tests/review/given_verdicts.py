"""Items with the verdicts of several reviewers for tests, as the review screen leaves them."""

from collections.abc import Mapping
from typing import Any

from tests.factories import make_conversation
from webapp.accounts.models import User
from webapp.conversations.models import Conversation, Status
from webapp.review.models import Queue, QueueItem, Verdict

State = QueueItem.State
WORDS = {str(status.label): status for status in Status}


def make_queue(name: str = "gsm8k twice", **fields: Any) -> Queue:
    return Queue.objects.create(name=name, **({"overlap": 2} | fields))


def make_item(
    queue: Queue,
    verdicts: Mapping[User, str] | None = None,
    *,
    conversation: Conversation | None = None,
    state: State | None = None,
    note: str = "",
) -> QueueItem:
    """An item with the verdict of each reviewer as a word; its state follows from them unless it is given."""
    said = dict(verdicts or {})
    conversation = conversation or make_conversation()
    found = _state(queue, said) if state is None else state
    item = QueueItem.objects.create(queue=queue, conversation=conversation, state=found, verdicts_count=len(said))
    for reviewer, word in said.items():
        make_verdict(item, reviewer, word, note=note)
    queue.total += 1
    queue.done += found != State.OPEN
    queue.disagreed += found == State.DISAGREED
    queue.save()
    return item


def make_verdict(item: QueueItem, reviewer: User, word: str, **fields: Any) -> Verdict:
    conversation = item.conversation
    return Verdict.objects.create(
        item=item,
        queue=item.queue,
        conversation=conversation,
        source=conversation.source,
        reviewer=reviewer,
        status=WORDS[word],
        version=conversation.version,
        **fields,
    )


def _state(queue: Queue, said: Mapping[User, str]) -> State:
    if len(said) < queue.overlap:
        return State.OPEN
    return State.AGREED if len(set(said.values())) == 1 else State.DISAGREED
