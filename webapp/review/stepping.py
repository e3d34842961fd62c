"""Carrying out one step of a reviewer: what each kind does, and what its undo will need.

All steps on a conversation wait for each other: its row is locked first, then the item, then the counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.errors import BadRequest, Conflict, NotFound, Unprocessable
from webapp.conversations.actions.review import decide, flag_conversation, resolve_flag, save_edit
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.diffs import turn_map
from webapp.conversations.models import Conversation, Flag, FlagReason, Status
from webapp.conversations.versions import FlaggedSince, StaleVersion, text_at
from webapp.review import undoing, verdicts
from webapp.review.comments import told_of_unknown, write_comment
from webapp.review.entries import Entry
from webapp.review.locking import lock_conversation, lock_item
from webapp.review.models import QueueItem, Step, TurnDraft
from webapp.review.queues import queues_for_user

NOT_YOURS = "Its queue is for other reviewers. Nothing was decided."
#: What counts in the queue; a flag or a comment is about the conversation alone.
DECIDES = {Step.Kind.DECIDE, Step.Kind.EDIT}
BLIND_EDIT = "Its text cannot be edited here: several people review it independently, and all must see the same."


@dataclass
class Work:
    """A step with what it is about, locked. `base` is the version that it builds on."""

    step: Step
    entry: Entry
    reviewer: User
    conversation: Conversation
    item: QueueItem | None
    base: int | None
    effect: dict[str, Any] = field(default_factory=dict)

    def moved_on(self, version: int | None) -> None:
        """The version that the reviewer's next step builds on."""
        self.step.version, self.step.version_after = self.base, version


def carry_out(step: Step, entry: Entry, reviewer: User) -> None:
    """Do what the entry says, and fill the step in (not stored). Raises Conflict, or why it is refused."""
    if entry.kind == Step.Kind.UNDO:
        undoing.undo(step, entry, reviewer, _base_of_undo(entry, reviewer))
        return
    conversation = lock_conversation(entry.conversation)
    step.conversation = conversation
    item = _item_of(entry, reviewer)
    step.item = item
    work = Work(step, entry, reviewer, conversation, item, base_of(entry, reviewer))
    if work.base is not None and work.base > conversation.version:
        raise BadRequest("It names a version that there has never been.")
    work.moved_on(work.base)
    _KINDS[entry.kind](work)
    step.effect = work.effect


def base_of(entry: Entry, reviewer: User) -> int | None:
    """The version that it was made on: what the server had said, or what the reviewer's step before it made."""
    if entry.after is None:
        return entry.version
    before = Step.objects.filter(pk=entry.after, reviewer=reviewer).first()
    if before is None:
        raise Conflict("The step before it never arrived here.")
    if before.state != Step.State.DONE:
        raise Conflict("The step before it could not be carried out, so this one was not either.")
    if before.conversation_id != entry.conversation and entry.conversation is not None:
        raise BadRequest("The step that it builds on is about another conversation.")
    return entry.version if before.version_after is None else before.version_after


def _base_of_undo(entry: Entry, reviewer: User) -> int | None:
    """What was not carried out can be taken back, too; what comes after that still builds on what was seen."""
    try:
        return base_of(entry, reviewer)
    except Conflict:
        return entry.version


def seen_flag_after(conversation_id: int, reviewer: User, seen: int | None) -> int:
    """The newest open flag that the reviewer knows of: `seen`, and later ones that are their own.

    Where somebody else has set one since, it stays at `seen`, so that approving says so.
    """
    opened = Flag.objects.filter(conversation=conversation_id, resolved_at=None)
    if seen is not None and opened.filter(pk__gt=seen).exclude(created_by=reviewer).exists():
        return seen
    newest: int | None = opened.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def _item_of(entry: Entry, reviewer: User) -> QueueItem | None:
    """Locked. An item whose queue was deleted since is none; one of an archived queue is still decided."""
    item = lock_item(entry.item)
    if item is None:
        return None
    if item.conversation_id != entry.conversation:
        raise BadRequest("The item that it names is about another conversation.")
    if entry.kind in DECIDES and not queues_for_user(reviewer).filter(pk=item.queue_id).exists():
        raise Unprocessable(NOT_YOURS)
    return item


def _decide(work: Work) -> None:
    status = work.entry.said["status"]
    if work.item is not None and work.item.queue.is_blind():
        _check_base(work)
        if status == Status.APPROVED:
            verdicts.check_approvable(work.conversation)
        _note_verdict(work, work.item, status)
        work.moved_on(work.conversation.version)
        return
    if status == Status.APPROVED:
        _check_flags(work)
    _keep_status(work)
    decided = decide(
        conversation_id=work.conversation.pk,
        version=_needed(work.base),
        status=status,
        by=work.reviewer,
        note=work.entry.said["note"],
    )
    _came_of_it(work, decided)
    if work.item is not None:
        _note_verdict(work, work.item, status)


def _edit(work: Work) -> None:
    said, approve = work.entry.said, work.entry.said["approve"]
    if work.item is not None and work.item.queue.is_blind():
        raise Unprocessable(BLIND_EDIT)
    if approve:
        _check_flags(work)
    _keep_status(work)
    places = _flag_turns(work.conversation)
    saved = save_edit(
        conversation_id=work.conversation.pk,
        version=_needed(work.base),
        messages=said["messages"],
        by=work.reviewer,
        reason=said["reason"],
        approve=approve,
    )
    _came_of_it(work, saved)
    # Flags whose turn the edit has deleted are on the whole conversation now.
    lost = {pk for pk, turn in _flag_turns(work.conversation).items() if turn is None} & places.keys()
    work.effect["turns"] = [[pk, places[pk]] for pk in sorted(lost) if places[pk] is not None]
    TurnDraft.objects.filter(conversation=work.conversation, user=work.reviewer).delete()
    if work.item is not None and approve:
        _note_verdict(work, work.item, Status.APPROVED)
    elif work.item is not None and saved.status == Status.UNREVIEWED and work.effect["previous"] != saved.status:
        work.effect |= verdicts.withdraw(work.item, work.reviewer)
        verdicts.settle(work.item, work.conversation, work.reviewer)


def _flag(work: Work) -> None:
    said = work.entry.said
    reason = FlagReason.objects.filter(slug=said["reason"]).first()
    if reason is None:
        raise Unprocessable("There is no such reason for a flag any more. Choose another one.")
    turn = _place_of(work, said["turn"])
    same = Flag.objects.filter(
        conversation=work.conversation, reason=reason, turn=turn, created_by=work.reviewer, resolved_at=None
    )
    is_new = not same.exists()
    flag = flag_conversation(
        conversation_id=work.conversation.pk, reason=reason, by=work.reviewer, turn=turn, note=said["note"]
    )
    work.effect |= {"flag": flag.pk, "opened": is_new}


def _resolve(work: Work) -> None:
    flag = Flag.objects.filter(pk=work.entry.said["flag"], conversation=work.conversation).first()
    if flag is None:
        raise NotFound("There is no such flag on this conversation.")
    resolve_flag(flag_id=flag.pk, by=work.reviewer)
    work.effect |= {"flag": flag.pk, "closed": flag.resolved_at is None}


def _comment(work: Work) -> None:
    said = work.entry.said
    turn = _place_of(work, said["turn"])
    comment = write_comment(conversation=work.conversation, turn=turn, text=said["text"], by=work.reviewer)
    work.effect |= {"comment": comment.pk}
    work.step.message = told_of_unknown(comment.text)[:500]


def _draft(work: Work) -> None:
    """Only the last one counts, so it is not kept with the step."""
    messages = work.entry.said["messages"]
    work.step.parameters = {name: value for name, value in work.step.parameters.items() if name != "messages"}
    if messages is None:
        TurnDraft.objects.filter(conversation=work.conversation, user=work.reviewer).delete()
        return
    TurnDraft.objects.update_or_create(
        conversation=work.conversation,
        user=work.reviewer,
        defaults={"version": _needed(work.base), "messages": messages, "updated_at": timezone.now()},
    )


_KINDS: dict[Step.Kind, Callable[[Work], None]] = {
    Step.Kind.DECIDE: _decide,
    Step.Kind.FLAG: _flag,
    Step.Kind.RESOLVE: _resolve,
    Step.Kind.EDIT: _edit,
    Step.Kind.COMMENT: _comment,
    Step.Kind.DRAFT: _draft,
}


def _needed(version: int | None) -> int:
    if version is None:
        raise BadRequest("It does not say which version it was made on.")
    return version


def _check_base(work: Work) -> None:
    base = _needed(work.base)
    if work.conversation.version != base:
        raise StaleVersion(made_on=base, current=work.conversation.version)


def _check_flags(work: Work) -> None:
    """Somebody else's flag that the reviewer has not seen keeps them from approving; their own does not."""
    seen = work.entry.seen_flag
    if seen is None or not work.conversation.open_flags:
        return
    newer = Flag.objects.filter(conversation=work.conversation, resolved_at=None, pk__gt=seen)
    if newer.exclude(created_by=work.reviewer).exists():
        raise FlaggedSince


def _keep_status(work: Work) -> None:
    work.effect |= {"previous": work.conversation.status, "before": work.conversation.version}


def _came_of_it(work: Work, changed: Conversation) -> None:
    """`decided`: the step itself has changed something, so its undo changes it back."""
    work.effect["decided"] = changed.version != work.effect.pop("before")
    work.conversation.version, work.conversation.status = changed.version, changed.status
    work.moved_on(changed.version)


def _note_verdict(work: Work, item: QueueItem, status: Status) -> None:
    """The version is the one that was decided about."""
    note, seconds = str(work.entry.said.get("note", "")), work.entry.seconds
    about = _needed(work.base) if work.entry.kind == Step.Kind.DECIDE else work.conversation.version
    work.effect |= verdicts.give(
        item, work.conversation, work.step, status=status, version=about, note=note, seconds=seconds
    )
    verdicts.settle(item, work.conversation, work.reviewer)


def _flag_turns(conversation: Conversation) -> dict[int, int | None]:
    return dict(Flag.objects.filter(conversation=conversation).values_list("pk", "turn"))


def _place_of(work: Work, turn: int | None) -> int | None:
    """Where a turn of the text that the reviewer saw stands now; None for the whole, or where it is gone."""
    if turn is None or work.base is None or work.base == work.conversation.version:
        _check_turn(work.conversation.turns, turn)
        return turn
    old, new = (messages_of(text_at(work.conversation, version)) for version in (work.base, work.conversation.version))
    _check_turn(len(old), turn)
    return turn_map(old, new).get(turn)


def _check_turn(turns: int, turn: int | None) -> None:
    if turn is not None and turn >= turns:
        raise Unprocessable(f"There is no turn {turn + 1}: the conversation has {turns}.")
