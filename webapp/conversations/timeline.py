"""Everything that happened to a conversation, in one list: import, edits, decisions, flags."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.models import User
from webapp.conversations.models import Decision, Flag, Revision, Status
from webapp.conversations.showing import ShownConversation


@dataclass(frozen=True)
class Event:
    """`version` is the version that it made (None: none). `has_text`: a version whose text can be compared."""

    kind: str
    when: datetime
    who: User | None
    what: str
    note: str = ""
    version: int | None = None
    has_text: bool = False


def timeline(shown: ShownConversation) -> list[Event]:
    """The newest first."""
    events = [*_imported(shown), *_flagged(shown.flags)]
    events += [_decided(decision) for decision in shown.decisions]
    events += [_edited(revision, shown.decisions) for revision in shown.revisions]
    return sorted(events, key=lambda event: (event.when, event.version or 0), reverse=True)


def events_since(shown: ShownConversation, version: int) -> list[Event]:
    """What made the versions after `version`, oldest first."""
    return [event for event in reversed(timeline(shown)) if event.version and event.version > version]


def _imported(shown: ShownConversation) -> Iterator[Event]:
    source = shown.conversation.source
    yield Event("imported", source.created_at, source.created_by, f"imported with {source}", version=1, has_text=True)


def _decided(decision: Decision) -> Event:
    words = {Status.UNREVIEWED: "took it back to unreviewed"}
    what = words.get(Status(decision.status), decision.get_status_display())
    what += f" version {decision.version}" if decision.status != Status.UNREVIEWED else ""
    note = decision.note or ("in bulk" if decision.job_id else "")
    return Event("decided", decision.created_at, decision.created_by, what, note, decision.version + 1)


def _edited(revision: Revision, decisions: list[Decision]) -> Event:
    what = f"restored version {revision.restored_from}" if revision.restored_from else "edited"
    if _was_approved(revision, decisions):
        what += "; the approval ended with it"
    note = revision.reason or ("by find and replace" if revision.job_id else "")
    return Event("edited", revision.created_at, revision.created_by, what, note, revision.version, True)


def _was_approved(revision: Revision, decisions: list[Decision]) -> bool:
    """Whether the version before it was an approved one."""
    return any(
        decision.version + 1 == revision.version - 1 and decision.status == Status.APPROVED for decision in decisions
    )


def _flagged(flags: list[Flag]) -> Iterator[Event]:
    for flag in flags:
        where = "" if flag.turn is None else f" on turn {flag.turn + 1}"
        what = f"flagged it: {flag.reason.label}{where}"
        yield Event("flagged", flag.created_at, flag.created_by, what, flag.note)
        if flag.resolved_at is not None:
            yield Event("resolved", flag.resolved_at, flag.resolved_by, f"resolved the flag {flag.reason.label}{where}")
