"""Find and replace over a filter: what would change, one chunk of the change, and one chunk of its undo.

Looking is done outside of the transaction, because it takes its time; what is written is only what is still as it was
looked at. See `replacing_jobs` for the jobs.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from webapp.conversations import bulk
from webapp.conversations.bulk import Plan, Row
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.content.records import Record, record_of_messages
from webapp.conversations.finding import EMPTY, SINCE, LeftAlone, Replacer, Wanted
from webapp.conversations.models import Conversation, ConversationText, Decision, Revision, Status
from webapp.conversations.rewriting import NewText, rewrite

# The kinds of the jobs.
COUNT, REPLACE, UNDO = "replace_count", "replace", "replace_undo"
#: A chunk looks no longer than this: it has to be written before its lease runs out.
LOOK_SECONDS = 5.0
UNDO_NOTE = "find and replace taken back"


@dataclass(frozen=True)
class ReplacePlan:
    """What is replaced, in which conversations, and why.

    Only conversations up to the id `through` are meant; `seen_revision` and `seen_decision` were the last ones when
    the preview began: what somebody has changed since is left alone.
    """

    wanted: Wanted
    filter: Mapping[str, Any]
    through: int
    seen_revision: int
    seen_decision: int
    reason: str = ""

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        names = {name: saved[name] for name in cls.__dataclass_fields__}
        return cls(**(names | {"wanted": Wanted.from_dict(saved["wanted"])}))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the parameters of a job."""
        return asdict(self) | {"wanted": self.wanted.to_dict(), "filter": dict(self.filter)}

    @property
    def selection(self) -> Plan:
        """The conversations that are meant."""
        return Plan("replace", None, self.filter, self.through, seen_flag=0)

    def words(self, objects: str) -> str:
        """The change in words: "Replace “colour” in 412 conversations"."""
        find = self.wanted.find
        return f"Replace “{find if len(find) <= 40 else find[:39] + '…'}” in {objects}"


class Change(NamedTuple):
    """What would become of a conversation that stood at `version`."""

    pk: int
    version: int
    status: int
    old: str
    new: Record
    places: int


@dataclass
class Looked:
    """What was found in some conversations: how many were looked at, up to which id, and which are left alone why."""

    total: int = 0
    last: int = 0
    changes: list[Change] = field(default_factory=list)
    left: list[tuple[int, str]] = field(default_factory=list)

    def counts(self) -> Counter[str]:
        """For the preview: everything that it says in numbers."""
        counted = Counter(reason for _, reason in self.left)
        counted["total"] = self.total
        counted["changes"] = len(self.changes)
        counted["places"] = sum(change.places for change in self.changes)
        counted["approved"] = sum(change.status == Status.APPROVED for change in self.changes)
        return counted


def look(replacer: Replacer, ids: Sequence[int]) -> Looked:
    """Look for what is wanted in conversations with these ids (rising), as many as there is time for."""
    looked, begun = Looked(), time.monotonic()
    rows = ConversationText.objects.filter(pk__in=ids).order_by("pk")
    columns = ("pk", "conversation__version", "conversation__status", "conversation__issues", "messages")
    for pk, version, status, issues, stored in rows.values_list(*columns):
        looked.total, looked.last = looked.total + 1, pk
        if replacer.may_match(stored):
            try:
                change = _change(replacer, pk, version, status, issues, stored)
            except LeftAlone as left:
                looked.left.append((pk, left.reason))
            else:
                looked.changes += [change] if change else []
        if time.monotonic() - begun > LOOK_SECONDS:
            return looked
    looked.last = ids[-1]
    return looked


def _change(replacer: Replacer, pk: int, version: int, status: int, issues: str, stored: str) -> Change | None:
    changed = replacer.replace(messages_of(stored))
    if changed is None:
        return None
    new = record_of_messages(changed.messages)
    if new.text == stored:
        return None
    if ",empty_turn," in new.issues and ",empty_turn," not in issues:
        raise LeftAlone(EMPTY)
    return Change(pk, version, status, stored, new, changed.places)


def replace_rows(plan: ReplacePlan, changes: Sequence[Change], *, by: int | None, job: int) -> Counter[str]:
    """One chunk of replacing, in the caller's transaction. Returns what was done to how many."""
    ids = [change.pk for change in changes]
    rows = {row.pk: row for row in plan.selection.rows(ids)}
    newer = _changed_since(plan, ids)
    still = [
        change
        for change in changes
        if change.pk in rows and change.pk not in newer and rows[change.pk].version == change.version
    ]
    texts = [NewText(rows[change.pk], change.old, change.new) for change in still]
    rewrite(texts, by=by, job=job, reason=plan.reason)
    done = Counter(changed=len(still), places=sum(change.places for change in still))
    done["approved"] = sum(rows[change.pk].status == Status.APPROVED for change in still)
    done[SINCE] = len(changes) - len(still)
    return +done


def _changed_since(plan: ReplacePlan, ids: Sequence[int]) -> set[int]:
    """Which of the conversations somebody has edited or decided since the preview began."""
    edited = Revision.objects.filter(conversation_id__in=ids, pk__gt=plan.seen_revision)
    decided = Decision.objects.filter(conversation_id__in=ids, pk__gt=plan.seen_decision)
    return {pk for rows in (edited, decided) for pk in rows.values_list("conversation_id", flat=True)}


def undo_revisions(revisions: Sequence[int], *, by: int | None, undo: int) -> Counter[str]:
    """One chunk of replacing taken back, where nobody has changed the conversation since. The caller's transaction."""
    made = {revision.conversation_id: revision for revision in Revision.objects.filter(pk__in=revisions)}
    locked = bulk.read_rows(Conversation.objects.live().filter(pk__in=made).select_for_update())
    rows = [row for row in locked if row.version == made[row.pk].version]
    before = _texts_before({row.pk: row.version for row in rows})
    texts = [
        NewText(row, made[row.pk].messages, record_of_messages(messages_of(text)), restored_from=version)
        for row in rows
        for version, text in [before[row.pk]]
    ]
    rewrite(texts, by=by, job=undo, reason=UNDO_NOTE)
    _approve_again([row for row in rows if made[row.pk].previous == Status.APPROVED], by=by, undo=undo)
    return +Counter(changed=len(rows), left=len(revisions) - len(rows))


def _texts_before(versions: Mapping[int, int]) -> dict[int, tuple[int, str]]:
    """The text of each conversation before the revision that made a version, and the version that it had."""
    found = {
        pk: (1, original or "")  # there is none only where an earlier revision is
        for pk, original in ConversationText.objects.filter(pk__in=versions).values_list("pk", "original")
    }
    earlier: dict[int, tuple[int, int]] = {}
    rows = Revision.objects.filter(conversation_id__in=versions).order_by("version")
    for conversation_id, version, pk in rows.values_list("conversation_id", "version", "pk"):
        if version < versions[conversation_id]:
            earlier[conversation_id] = version, pk
    texts = dict(Revision.objects.filter(pk__in=[pk for _, pk in earlier.values()]).values_list("pk", "messages"))
    return found | {conversation: (version, texts[pk]) for conversation, (version, pk) in earlier.items()}


def _approve_again(rows: Sequence[Row], *, by: int | None, undo: int) -> None:
    """Put back the approvals that ended with the changed text, each with the reviewer that it had."""
    reviewers = dict(Conversation.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "reviewer_id"))
    now = bulk.read_rows(Conversation.objects.filter(pk__in=reviewers))
    bulk.set_status(now, Status.APPROVED, by=by, job=undo, note=UNDO_NOTE)
    for reviewer in set(reviewers.values()):
        mine = [pk for pk, one in reviewers.items() if one == reviewer]
        Conversation.objects.filter(pk__in=mine).update(reviewer_id=reviewer)
