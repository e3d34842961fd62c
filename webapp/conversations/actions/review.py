"""Editing, restoring, deciding and flagging one conversation. `by` is the user, None for the command line."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.errors import NotFound, Unprocessable
from webapp.conversations import tallies
from webapp.conversations.content.canonical import canonical_text, messages_of
from webapp.conversations.content.checking import ISSUES
from webapp.conversations.content.editing import check_edited
from webapp.conversations.content.shapes import BadMessages, Message
from webapp.conversations.diffs import turn_map
from webapp.conversations.hooks import text_changed
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Revision, Status
from webapp.conversations.versions import FlaggedSince, StaleVersion, columns_of, text_at


@transaction.atomic
def save_edit(
    *,
    conversation_id: int,
    version: int,
    messages: object,
    by: User | None,
    reason: str = "",
    approve: bool = False,
    seen_flag: int | None = None,
) -> Conversation:
    """Store new messages as a revision, and with `approve` approve them in the same transaction.

    Without a change there is no revision. An approved conversation whose text changes is unreviewed again.
    Raises StaleVersion, Unprocessable (messages that cannot be stored, or approved), and what `decide` raises.
    """
    conversation = _locked(conversation_id, version)
    _store_text(conversation, _checked(messages), by=by, reason=reason)
    if approve:
        _decide(conversation, Status.APPROVED, by=by, note="", seen_flag=seen_flag)
    return conversation


@transaction.atomic
def restore_version(
    *, conversation_id: int, version: int, restored: int, by: User | None, reason: str = ""
) -> Conversation:
    """Make the text of an earlier version the text again, as a new revision. Raises StaleVersion, NotFound."""
    conversation = _locked(conversation_id, version)
    messages = messages_of(text_at(conversation, restored))
    _store_text(conversation, messages, by=by, reason=reason, restored_from=restored)
    return conversation


@transaction.atomic
def decide(
    *,
    conversation_id: int,
    version: int,
    status: Status,
    by: User | None,
    note: str = "",
    seen_flag: int | None = None,
) -> Conversation:
    """Approve, reject, skip, or take back to unreviewed, as seen at `version`.

    `seen_flag` is the highest id of a flag that was shown (None: do not look). The same decision sent twice by one
    person counts once. Raises StaleVersion; when approving also FlaggedSince and Unprocessable (format issues).
    """
    conversation = _locked(conversation_id)
    if _is_repeated(conversation, version, status, by):
        return conversation
    _check_version(conversation, version)
    _decide(conversation, status, by=by, note=note, seen_flag=seen_flag)
    return conversation


@transaction.atomic
def flag_conversation(
    *, conversation_id: int, reason: FlagReason, by: User | None, turn: int | None = None, note: str = ""
) -> Flag:
    """Open a flag on a turn (index from 0) or on the whole. The same one twice by one person is one flag."""
    conversation = _locked(conversation_id)
    if not reason.active:
        raise Unprocessable(f"The reason “{reason.label}” is retired. Choose another one.")
    if turn is not None and turn >= conversation.turns:
        raise Unprocessable(f"There is no turn {turn + 1}: the conversation has {conversation.turns}.")
    opened = conversation.flags.filter(resolved_at=None, reason=reason)
    same = opened.filter(turn=turn, created_by=by).first()
    if same is not None:
        return same
    is_first = not opened.exists()
    flag = Flag.objects.create(
        conversation=conversation,
        source_id=conversation.source_id,
        status=conversation.status,
        reason=reason,
        turn=turn,
        note=note,
        created_by=by,
    )
    _change(conversation, open_flags=conversation.open_flags + 1)
    if is_first:
        tallies.add_flagged(conversation.source_id, reason.pk, 1)
    return flag


@transaction.atomic
def resolve_flag(*, flag_id: int, by: User | None) -> Flag:
    """Close an open flag; one that is closed stays as it is."""
    flag = Flag.objects.filter(pk=flag_id).first()
    if flag is None:
        raise NotFound("There is no such flag.")
    conversation = _locked(flag.conversation_id)
    if not Flag.objects.filter(pk=flag_id, resolved_at=None).update(resolved_at=timezone.now(), resolved_by=by):
        return flag
    _change(conversation, open_flags=conversation.open_flags - 1)
    if not conversation.flags.filter(resolved_at=None, reason_id=flag.reason_id).exists():
        tallies.add_flagged(conversation.source_id, flag.reason_id, -1)
    flag.refresh_from_db()
    return flag


@transaction.atomic
def reopen_flag(*, flag_id: int) -> Flag:
    """Open a flag again whose closing was a mistake; one that is open stays as it is."""
    flag = Flag.objects.filter(pk=flag_id).first()
    if flag is None:
        raise NotFound("There is no such flag.")
    conversation = _locked(flag.conversation_id)
    is_first = not conversation.flags.filter(resolved_at=None, reason_id=flag.reason_id).exists()
    closed = Flag.objects.filter(pk=flag_id).exclude(resolved_at=None)
    if not closed.update(resolved_at=None, resolved_by=None):
        return flag
    _change(conversation, open_flags=conversation.open_flags + 1)
    if is_first:
        tallies.add_flagged(conversation.source_id, flag.reason_id, 1)
    flag.refresh_from_db()
    return flag


def _locked(conversation_id: int, version: int | None = None) -> Conversation:
    """The conversation with its text, held against other writers until the transaction ends."""
    rows = Conversation.objects.live().select_related("source", "text")
    conversation = rows.select_for_update(of=("self",)).filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound("There is no such conversation. Its source may have been deleted.")
    if version is not None:
        _check_version(conversation, version)
    return conversation


def _check_version(conversation: Conversation, version: int) -> None:
    if conversation.version != version:
        raise StaleVersion(made_on=version, current=conversation.version)


def _change(conversation: Conversation, **columns: Any) -> None:
    """Write columns where the version is still the one that was read, and move the counts along."""
    before, made_on = tallies.standing(conversation), conversation.version
    if not Conversation.objects.filter(pk=conversation.pk, version=made_on).update(**columns):
        raise StaleVersion(made_on=made_on, current=made_on + 1)
    for name, value in columns.items():
        setattr(conversation, name, value)
    tallies.move([before], [tallies.standing(conversation)])


def _checked(messages: object) -> list[Message]:
    try:
        return check_edited(messages)
    except BadMessages as error:
        turn = None if error.turn is None else error.turn + 1
        raise Unprocessable(str(error).replace("message ", "turn ", 1), turn=turn) from None


def _store_text(
    conversation: Conversation,
    messages: Sequence[Message],
    *,
    by: User | None,
    reason: str,
    restored_from: int | None = None,
) -> None:
    """Write the new text with all that follows from it; nothing at all where it is the old one."""
    stored, new = conversation.text, canonical_text(messages)
    old = stored.messages
    if new == old:
        return
    original = stored.original_text()
    stored.messages, stored.original = new, None if new == original else original
    stored.save(update_fields=["messages", "original"])
    status = Status.UNREVIEWED if conversation.status == Status.APPROVED else conversation.status
    columns = columns_of(messages)
    _change(conversation, version=conversation.version + 1, status=status, edited=new != original, **columns)
    Revision.objects.create(
        conversation=conversation,
        version=conversation.version,
        messages=new,
        content_hash=columns["content_hash"],
        restored_from=restored_from,
        reason=reason,
        created_by=by,
    )
    _carry_flags(conversation, messages_of(old), messages)
    text_changed(conversation.pk, old, new)


def _carry_flags(conversation: Conversation, old: Sequence[Message], new: Sequence[Message]) -> None:
    """Keep each flag on its turn, and its copy of the status right; without its turn it is on the whole."""
    flags = list(conversation.flags.all())
    if not flags:
        return
    places = turn_map(old, new)
    for flag in flags:
        flag.status = conversation.status
        flag.turn = None if flag.turn is None else places.get(flag.turn)
    Flag.objects.bulk_update(flags, ["status", "turn"], batch_size=500)


def _decide(conversation: Conversation, status: Status, *, by: User | None, note: str, seen_flag: int | None) -> None:
    if status == Status.APPROVED:
        _check_approvable(conversation, seen_flag)
    previous, made_on = conversation.status, conversation.version
    if status == previous and not note:
        return
    _change(conversation, version=made_on + 1, status=status, reviewer_id=by.pk if by else None)
    conversation.flags.exclude(status=status).update(status=status)
    Decision.objects.create(
        conversation=conversation, version=made_on, status=status, previous=previous, note=note, created_by=by
    )


def _check_approvable(conversation: Conversation, seen_flag: int | None) -> None:
    if conversation.issues:
        named = "; ".join(ISSUES[code] for code in conversation.issue_codes())
        raise Unprocessable(f"It cannot be approved while it has a format issue. {named}.")
    if seen_flag is None:
        return
    newest = conversation.flags.filter(resolved_at=None).aggregate(newest=Max("pk"))["newest"] or 0
    if newest > seen_flag:
        raise FlaggedSince


def _is_repeated(conversation: Conversation, version: int, status: Status, by: User | None) -> bool:
    """A second press of the same button, sent before the first one was answered."""
    if conversation.version != version + 1 or by is None:
        return False
    return conversation.decisions.filter(version=version, status=status, created_by=by).exists()
