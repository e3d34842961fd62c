"""What reviewers decide about an item, and what follows: its state, the counts of its queue, the conversation's status.

With one reviewer an item, the verdict is the conversation's decision, which the caller makes. With several, the
conversation is decided here when all have said the same; otherwise somebody adjudicates.
"""

from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.errors import Conflict, Unprocessable
from webapp.common.models import advance
from webapp.conversations.actions.review import decide
from webapp.conversations.models import Conversation, Decision, Revision, Status
from webapp.review import adjudication
from webapp.review.models import Lease, Queue, QueueItem, Step, Verdict

State = QueueItem.State
DONE = (State.AGREED, State.DISAGREED, State.ADJUDICATED)


def give(
    item: QueueItem,
    conversation: Conversation,
    step: Step,
    *,
    status: Status,
    version: int,
    note: str,
    seconds: float | None,
) -> dict[str, int | None]:
    """Note a reviewer's verdict in place of their earlier one; "unreviewed" only takes that back. Then `settle` it.

    Gives what `take_back` needs. Raises Conflict where others have closed the item.
    """
    replaced = _withdraw_own(item, step.reviewer)
    if replaced is None and item.verdicts_count >= item.queue.overlap:
        raise Conflict("Others have decided this item in the meantime.")
    Lease.objects.filter(item=item, reviewer=step.reviewer).delete()
    if status == Status.UNREVIEWED:
        return {"verdict": None, "replaced": replaced}
    verdict = Verdict.objects.create(
        item=item,
        queue=item.queue,
        conversation=conversation,
        source_id=conversation.source_id,
        reviewer=step.reviewer,
        status=status,
        version=version,
        note=note,
        seconds=seconds,
        step=step,
    )
    return {"verdict": verdict.pk, "replaced": replaced}


def withdraw(item: QueueItem, reviewer: User) -> dict[str, int | None]:
    """Take a reviewer's standing verdict back, if there is one. Then `settle` the item."""
    return {"verdict": None, "replaced": _withdraw_own(item, reviewer)}


def take_back(item: QueueItem, reviewer: User, *, verdict: int | None, replaced: int | None) -> None:
    """Undo `give`: withdraw its verdict, and let the one before it stand again. Then `settle` the item.

    Raises Conflict where the reviewer has decided again since.
    """
    _check_open_to_change(item)
    standing = Verdict.objects.standing().filter(item=item, reviewer=reviewer).values_list("pk", flat=True).first()
    if standing != verdict:
        raise Conflict("You have decided it again since. Undo that first.")
    if verdict is not None:
        Verdict.objects.filter(pk=verdict).update(withdrawn_at=timezone.now())
    if replaced is not None:
        Verdict.objects.filter(pk=replaced).update(withdrawn_at=None)


def settle(item: QueueItem, conversation: Conversation, by: User) -> None:
    """Bring the item, its queue, and with several reviewers the conversation to what the standing verdicts say."""
    standing = list(Verdict.objects.standing().filter(item=item).order_by("pk"))
    before, after = item.state, _state_of(item.queue, conversation, standing)
    item.verdicts_count = len(standing)
    if item.queue.is_blind() and before != after:
        if before == State.AGREED:
            _take_agreement_back(conversation, by)
        if after == State.AGREED:
            _agree(conversation, Status(standing[0].status), len(standing), by)
    if item.queue.kind == Queue.Kind.ADJUDICATION:
        _tell_parent(item, after)
    move(item, after)


def move(item: QueueItem, after: int) -> None:
    """Store the state of an item and its count of verdicts; the counts of the queue move along."""
    before, item.state = item.state, after
    if before != after:
        item.closed_at = None if after == State.OPEN else timezone.now()
    item.save(update_fields=["state", "verdicts_count", "closed_at"])
    # What was decided elsewhere does not count.
    total = int(before == State.GONE) - int(after == State.GONE)
    done = int(after in DONE) - int(before in DONE)
    disagreed = int(after == State.DISAGREED) - int(before == State.DISAGREED)
    if total or done or disagreed:
        moved = {"total": total, "done": done, "disagreed": disagreed}
        Queue.objects.filter(pk=item.queue_id).update(**advance(**moved))
    # Everybody writes the counts of a queue before those of its adjudication, so that no two wait for each other.
    if disagreed > 0 and before != State.ADJUDICATED:
        adjudication.ask_for(item)
    elif disagreed < 0 and after != State.ADJUDICATED:
        adjudication.call_off(item)


def _withdraw_own(item: QueueItem, reviewer: User) -> int | None:
    _check_open_to_change(item)
    mine = Verdict.objects.standing().filter(item=item, reviewer=reviewer).first()
    if mine is None:
        return None
    mine.withdrawn_at = timezone.now()
    mine.save(update_fields=["withdrawn_at"])
    return mine.pk


def _check_open_to_change(item: QueueItem) -> None:
    if item.state == State.ADJUDICATED:
        raise Conflict("It has been adjudicated since.")


def _state_of(queue: Queue, conversation: Conversation, standing: list[Verdict]) -> int:
    if len(standing) < queue.overlap:
        return State.OPEN
    if queue.overlap == 1:
        return State.AGREED
    same = len({verdict.status for verdict in standing}) == 1
    return State.AGREED if same and _saw_the_same(conversation, standing) else State.DISAGREED


def _saw_the_same(conversation: Conversation, standing: list[Verdict]) -> bool:
    """Whether all have decided about the text as it is now."""
    first = min(verdict.version for verdict in standing)
    return not Revision.objects.filter(conversation=conversation, version__gt=first).exists()


def _agree(conversation: Conversation, status: Status, reviewers: int, by: User) -> None:
    """With a note, so that it is a decision also where the status is that already, and can be taken back."""
    note = f"{reviewers} of {reviewers} reviewers agree"
    decided = decide(conversation_id=conversation.pk, version=conversation.version, status=status, by=by, note=note)
    conversation.version, conversation.status = decided.version, decided.status


def _take_agreement_back(conversation: Conversation, by: User) -> None:
    last = Decision.objects.filter(conversation=conversation).order_by("-pk").first()
    if last is None or last.version != conversation.version - 1:
        raise Conflict("Somebody has changed it since the reviewers agreed.")
    decided = decide(
        conversation_id=conversation.pk,
        version=conversation.version,
        status=Status(last.previous),
        by=by,
        note="the agreement was taken back",
    )
    conversation.version, conversation.status = decided.version, decided.status


def _tell_parent(item: QueueItem, after: int) -> None:
    """What was adjudicated is so in the queue that it came from; taken back, it is a disagreement again."""
    rows = QueueItem.objects.select_for_update(no_key=True)
    parent = rows.filter(queue=item.queue.parent_id, conversation=item.conversation_id).first()
    if parent is None:
        return
    if after == State.AGREED and parent.state == State.DISAGREED:
        move(parent, State.ADJUDICATED)
    elif after == State.OPEN and parent.state == State.ADJUDICATED:
        move(parent, State.DISAGREED)


def check_approvable(conversation: Conversation) -> None:
    """Several reviewers approve in vain what cannot be approved. Raises Unprocessable."""
    if not conversation.is_approvable():
        raise Unprocessable("It cannot be approved while it has a format issue. Edit or reject it.")
