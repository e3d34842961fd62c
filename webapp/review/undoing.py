"""Taking steps back: whole key presses, any number of them, and bulk changes.

Undoing never overwrites what somebody else has done since: that is a conflict. The reviewer's own steps since then do
not count when they were undone themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.errors import BadRequest, Conflict, NotFound, Unprocessable
from webapp.common.models import Job
from webapp.common.running import publish
from webapp.conversations import bulk, replacing
from webapp.conversations.actions.bulk import undo_bulk
from webapp.conversations.actions.replacing import undo_replacing
from webapp.conversations.actions.review import decide, reopen_flag, resolve_flag, restore_version
from webapp.conversations.models import Conversation, Flag, Status
from webapp.review import verdicts
from webapp.review.entries import Entry
from webapp.review.leasing import hold
from webapp.review.locking import lock_conversation, lock_item
from webapp.review.models import Comment, QueueItem, Step

UNDOABLE = (Step.Kind.DECIDE, Step.Kind.FLAG, Step.Kind.RESOLVE, Step.Kind.EDIT, Step.Kind.COMMENT)
NOTE = "undone"


@dataclass
class Undoing:
    """The undo of one key press: its conversation, locked, and the versions that it has moved through so far."""

    step: Step
    reviewer: User
    conversation: Conversation
    moved: list[tuple[int, int | None]] = field(default_factory=list)

    def now_at(self, changed: Conversation) -> None:
        """An action has changed the conversation."""
        self.moved.append((self.conversation.version, changed.version))
        self.conversation.version, self.conversation.status = changed.version, changed.status


def undo(step: Step, entry: Entry, reviewer: User, base: int | None) -> None:
    """Take back what the entry names, and fill the step in. Raises Conflict, or why it is refused."""
    if "job" in entry.said:
        _undo_job(step, entry.said["job"], reviewer)
        return
    conversation = _conversation_of(entry, reviewer)
    step.conversation = conversation
    made = _steps_of(entry.said["group"], reviewer)
    step.undoes, step.item_id = made[-1], made[-1].item_id
    done = [target for target in made if target.state == Step.State.DONE]
    standing = [target for target in done if target.undone_at is None]
    _forget_unsaved(made)
    if done and not standing:
        raise Unprocessable("This has been undone already.")
    if not standing:
        step.message = "It had not been saved, so there was nothing to undo."
    before, undoing = conversation.version, Undoing(step, reviewer, conversation)
    for target in standing:
        _take_back(undoing, target)
    is_moved = undoing.conversation.version != before
    step.version = before if is_moved or base is None else base
    step.version_after = undoing.conversation.version if is_moved else step.version


def _conversation_of(entry: Entry, reviewer: User) -> Conversation:
    """The one conversation that a key press was about."""
    rows = Step.objects.filter(reviewer=reviewer, group=entry.said["group"], kind__in=UNDOABLE)
    ids = set(rows.values_list("conversation_id", flat=True))
    if not ids:
        raise NotFound("There is no such step of yours.")
    if len(ids) > 1 or entry.conversation not in {None, *ids}:
        raise BadRequest("The step that it takes back is about another conversation.")
    return lock_conversation(ids.pop())


def _steps_of(group: UUID, reviewer: User) -> list[Step]:
    """The last one first; read after the lock on the conversation, so that nobody undoes them at the same time."""
    rows = Step.objects.filter(reviewer=reviewer, group=group, kind__in=UNDOABLE)
    return list(rows.order_by("-number"))


def _forget_unsaved(made: list[Step]) -> None:
    """Who takes a conflict back has settled it."""
    ids = [step.pk for step in made if step.state == Step.State.CONFLICT]
    if ids:
        Step.objects.filter(pk__in=ids).update(state=Step.State.SETTLED)


def _take_back(undoing: Undoing, target: Step) -> None:
    _BACK[Step.Kind(target.kind)](undoing, target)
    Step.objects.filter(pk=target.pk).update(undone_at=timezone.now())
    undoing.moved.append((target.version or 0, target.version_after))


def _undo_decide(undoing: Undoing, target: Step) -> None:
    if target.effect.get("decided"):
        _check_untouched(undoing, target)
    _undo_decision(undoing, target)


def _undo_edit(undoing: Undoing, target: Step) -> None:
    if target.effect["decided"]:
        _check_untouched(undoing, target)
        _restore_text(undoing, target)
    _undo_decision(undoing, target)


def _restore_text(undoing: Undoing, target: Step) -> None:
    """The text before the edit as a new revision, with its flags on the turns that the edit had deleted."""
    conversation = undoing.conversation
    restored = restore_version(
        conversation_id=conversation.pk,
        version=conversation.version,
        restored=target.version or 1,
        by=undoing.reviewer,
        reason=NOTE,
    )
    undoing.now_at(restored)
    for flag_id, turn in target.effect["turns"]:
        Flag.objects.filter(pk=flag_id, conversation=conversation, turn=None).update(turn=turn)


def _undo_decision(undoing: Undoing, target: Step) -> None:
    """The verdict and the status as they were; an item that is open again stays on the reviewer's screen."""
    item = _take_verdict_back(undoing, target)
    if target.effect.get("decided"):
        _put_status_back(undoing, target)
    if item is not None and item.state == QueueItem.State.OPEN:
        hold(item, undoing.reviewer, undoing.step.tab)


def _take_verdict_back(undoing: Undoing, target: Step) -> QueueItem | None:
    item = lock_item(target.item_id)
    if item is None or "verdict" not in target.effect:
        return None
    effect, conversation, version = target.effect, undoing.conversation, undoing.conversation.version
    verdicts.take_back(item, undoing.reviewer, verdict=effect["verdict"], replaced=effect["replaced"])
    verdicts.settle(item, conversation, undoing.reviewer)
    undoing.moved.append((version, conversation.version))
    return item


def _put_status_back(undoing: Undoing, target: Step) -> None:
    """With a new decision: none is ever deleted."""
    previous, conversation = Status(target.effect["previous"]), undoing.conversation
    if conversation.status == previous:
        return
    decided = decide(
        conversation_id=conversation.pk,
        version=conversation.version,
        status=previous,
        by=undoing.reviewer,
        note=NOTE,
    )
    undoing.now_at(decided)


def _check_untouched(undoing: Undoing, target: Step) -> None:
    """Nothing but what was undone has changed the conversation since. Raises Conflict."""
    since = Step.objects.filter(reviewer=undoing.reviewer, conversation=undoing.conversation, number__gt=target.number)
    undone = since.filter(Q(kind=Step.Kind.UNDO) | Q(undone_at__isnull=False)).values_list("version", "version_after")
    moves = {before: after for before, after in [*undone, *undoing.moved] if before and after and after > before}
    version = target.version_after or 0
    while version in moves:
        version = moves[version]
    if version == undoing.conversation.version:
        return
    own = since.filter(state=Step.State.DONE, undone_at=None, kind__in=(Step.Kind.DECIDE, Step.Kind.EDIT))
    if own.filter(effect__decided=True).exists():
        raise Conflict("You have changed it again since. Undo that first.")
    raise Conflict("Somebody has changed it since. Nothing was undone.")


def _undo_flag(undoing: Undoing, target: Step) -> None:
    if target.effect["opened"]:
        resolve_flag(flag_id=target.effect["flag"], by=undoing.reviewer)


def _undo_resolve(undoing: Undoing, target: Step) -> None:
    if target.effect["closed"]:
        reopen_flag(flag_id=target.effect["flag"])


def _undo_comment(undoing: Undoing, target: Step) -> None:
    Comment.objects.filter(pk=target.effect["comment"], deleted_at=None).update(deleted_at=timezone.now())


_BACK: dict[Step.Kind, Callable[[Undoing, Step], None]] = {
    Step.Kind.DECIDE: _undo_decide,
    Step.Kind.FLAG: _undo_flag,
    Step.Kind.RESOLVE: _undo_resolve,
    Step.Kind.EDIT: _undo_edit,
    Step.Kind.COMMENT: _undo_comment,
}


def _undo_job(step: Step, job_id: int, reviewer: User) -> None:
    kinds = (bulk.DECIDE, bulk.FLAG, replacing.REPLACE)
    job = Job.objects.filter(pk=job_id, created_by=reviewer, kind__in=kinds).first()
    if job is None:
        raise NotFound("There is no such bulk change of yours.")
    if Job.objects.filter(kind__in=(bulk.UNDO, replacing.UNDO), parameters__job=job.pk).exists():
        raise Unprocessable("This bulk change has been undone already.")
    undo_it = undo_replacing if job.kind == replacing.REPLACE else undo_bulk
    started = undo_it(job=job, by=reviewer)
    step.effect = {"job": started.pk}
    transaction.on_commit(lambda: publish(started.pk, started.fence))
    step.message = f"The undo has started: {started.title}."[:500]
