"""Deciding and flagging thousands at once: what is chosen, and one chunk of each change, a few statements each.

A chunk runs in the transaction of its job and holds its rows against everybody else; see `bulk_jobs` for the jobs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

from django.db.models import F
from django.utils import timezone

from webapp.common.rows import database_time, insert_rows
from webapp.conversations import tallies
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.listing import next_ids
from webapp.conversations.models import Conversation, ConversationQuerySet, Decision, Flag, FlagReason, Status
from webapp.conversations.searching import search_among

# The kinds of the jobs.
COUNT, DECIDE, FLAG, UNDO = "bulk_count", "bulk_decide", "bulk_flag", "bulk_undo"
DECISION_FIELDS = ("conversation", "version", "status", "previous", "note", "created_by", "created_at", "job")
FLAG_FIELDS = ("conversation", "source", "status", "reason", "note", "created_by", "created_at", "job")
VERBS = {"approve": Status.APPROVED, "reject": Status.REJECTED, "skip": Status.SKIPPED, "unreview": Status.UNREVIEWED}


@dataclass(frozen=True)
class Plan:
    """What is to be done (a key of VERBS, or "flag") to which conversations: `ids`, or where None those of `filter`.

    Only conversations up to the id `through` are meant, and flags up to the id `seen_flag` were there when somebody
    looked: what came later is left alone.
    """

    action: str
    ids: tuple[int, ...] | None
    filter: Mapping[str, Any]
    through: int
    seen_flag: int
    reason: str = ""
    note: str = ""

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        names = {name: saved[name] for name in cls.__dataclass_fields__}
        return cls(**(names | {"ids": None if saved["ids"] is None else tuple(saved["ids"])}))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the parameters of a job."""
        return asdict(self)

    def next_ids(self, after: int, limit: int) -> list[int]:
        """The next ids that are meant, rising; none at the end. Best asked outside of a transaction."""
        if self.ids is not None:
            return [number for number in self.ids if number > after][:limit]
        found = next_ids(ConversationFilter.from_dict(self.filter), after=after, limit=limit)
        return [number for number in found if number <= self.through]

    def rows(self, ids: Sequence[int], *, lock: bool = True) -> list["Row"]:
        """Those of `ids` that still pass, by id; held until the transaction ends."""
        chosen = ConversationFilter.from_dict(self.filter)
        among = search_among(ids, chosen.q) if chosen.q else ids
        rows = chosen.without("q").apply(Conversation.objects.filter(pk__in=among))
        return read_rows(rows.select_for_update() if lock else rows)

    def words(self, objects: str) -> str:
        """The change as a button says it: "Approve 12 conversations", "Flag 3 conversations as unsafe"."""
        if self.action == "unreview":
            return f"Take {objects} back to unreviewed"
        if self.action != "flag":
            return f"{self.action.capitalize()} {objects}"
        reason = FlagReason.objects.filter(slug=self.reason).first()
        return f"Flag {objects} as {reason.label if reason else self.reason}"


class Row(NamedTuple):
    """What a change has to know of a conversation."""

    pk: int
    source: int
    status: int
    version: int
    open_flags: int
    issues: str
    edited: bool

    def standing(self, *, status: int | None = None, more_flags: int = 0) -> tallies.Standing:
        """As it counts, or as it will with another status or more open flags."""
        flagged = int(self.open_flags + more_flags > 0)
        status = self.status if status is None else status
        return tallies.Standing(self.source, status, flagged, int(self.issues != ""), int(self.edited))


def read_rows(rows: ConversationQuerySet) -> list[Row]:
    """What a change has to know of them, by id: everybody locks rows in this order."""
    return [Row(*values) for values in rows.order_by("pk").values_list(*_COLUMNS)]


_COLUMNS = ("pk", "source_id", "status", "version", "open_flags", "issues", "edited")


def count_rows(plan: Plan, rows: Sequence[Row]) -> Counter[str]:
    """How many there are, by status; how many would be changed, and how many left alone and why."""
    counted: Counter[str] = Counter(Status(row.status).label for row in rows)
    counted["total"] = len(rows)
    counted.update(reason for _, reason in _left_alone(plan, rows))
    counted["changes"] = len(rows) - sum(counted[reason] for reason in ("already", "with_issue", "flagged_since"))
    return counted


def decide_rows(plan: Plan, ids: Sequence[int], *, by: int | None, job: int) -> Counter[str]:
    """One chunk of decisions. Returns what was done to how many."""
    rows = plan.rows(ids)
    left = {row.pk: reason for row, reason in _left_alone(plan, rows)}
    changed = [row for row in rows if row.pk not in left]
    set_status(changed, VERBS[plan.action], by=by, job=job, note=plan.note)
    return Counter(left.values()) + Counter(changed=len(changed))


def set_status(rows: Sequence[Row], status: Status, *, by: int | None, job: int, note: str) -> None:
    """Decide the same about all rows, and say so in their history."""
    if not rows:
        return
    ids = [row.pk for row in rows]
    now = database_time()
    insert_rows(
        Decision,
        DECISION_FIELDS,
        [(row.pk, row.version, status.value, row.status, note, by, now, job) for row in rows],
    )
    Conversation.objects.filter(pk__in=ids).update(status=status, version=F("version") + 1, reviewer_id=by)
    Flag.objects.filter(conversation_id__in=ids).update(status=status)
    tallies.move([row.standing() for row in rows], [row.standing(status=status.value) for row in rows])


def flag_rows(plan: Plan, ids: Sequence[int], *, by: int | None, job: int) -> Counter[str]:
    """One chunk of flags on whole conversations; where the same person has the same one open, it stays one."""
    rows = plan.rows(ids)
    reason = FlagReason.objects.get(slug=plan.reason)
    opened = Flag.objects.filter(conversation_id__in=[row.pk for row in rows], reason=reason, resolved_at=None)
    flagged, own = set[int](), set[int]()
    for conversation_id, turn, creator in opened.values_list("conversation_id", "turn", "created_by_id"):
        flagged.add(conversation_id)
        if turn is None and creator == by:
            own.add(conversation_id)
    changed = [row for row in rows if row.pk not in own]
    now = database_time()
    insert_rows(
        Flag,
        FLAG_FIELDS,
        [(row.pk, row.source, row.status, reason.pk, plan.note, by, now, job) for row in changed],
    )
    _change_open_flags(changed, 1)
    tallies.move_flagged(Counter((row.source, reason.pk) for row in changed if row.pk not in flagged))
    return Counter(changed=len(changed), already=len(own))


def undo_decisions(decisions: Sequence[int], *, by: int | None, undo: int) -> Counter[str]:
    """One chunk of a bulk decision taken back, where nobody has changed the conversation since."""
    made = {decision.conversation_id: decision for decision in Decision.objects.filter(pk__in=decisions)}
    locked = read_rows(Conversation.objects.filter(pk__in=made).select_for_update())
    rows = [row for row in locked if row.version == made[row.pk].version + 1]
    before = _reviewers_before(rows)
    groups: dict[tuple[int, int | None], list[Row]] = defaultdict(list)
    for row in rows:
        groups[made[row.pk].previous, before.get(row.pk)].append(row)
    for (status, reviewer), group in groups.items():
        set_status(group, Status(status), by=by, job=undo, note="bulk change taken back")
        Conversation.objects.filter(pk__in=[row.pk for row in group]).update(reviewer_id=reviewer)
    return Counter(changed=len(rows), left=len(decisions) - len(rows))


def undo_flags(flags: Sequence[int], *, by: int | None) -> Counter[str]:
    """One chunk of bulk flags resolved again, where nobody has resolved them since."""
    made = Flag.objects.filter(pk__in=flags)
    locked = Conversation.objects.filter(pk__in=list(made.values_list("conversation_id", flat=True)))
    rows = {row.pk: row for row in read_rows(locked.select_for_update())}
    opened = list(made.filter(resolved_at=None).values_list("pk", "conversation_id", "reason_id"))
    Flag.objects.filter(pk__in=[pk for pk, _, _ in opened]).update(resolved_at=timezone.now(), resolved_by_id=by)
    _change_open_flags([rows[conversation_id] for _, conversation_id, _ in opened], -1)
    tallies.move_flagged(_flagged_no_more(rows, opened))
    return Counter(changed=len(opened), left=len(flags) - len(opened))


def _left_alone(plan: Plan, rows: Sequence[Row]) -> Iterable[tuple[Row, str]]:
    """The rows that the plan's decision does not change, each with the reason."""
    if plan.action == "flag":
        return
    target = VERBS[plan.action]
    newly_flagged = _flagged_since(plan, rows) if target == Status.APPROVED else set()
    for row in rows:
        if row.status == target:
            yield row, "already"
        elif target == Status.APPROVED and row.issues:
            yield row, "with_issue"
        elif row.pk in newly_flagged:
            yield row, "flagged_since"


def _flagged_since(plan: Plan, rows: Sequence[Row]) -> set[int]:
    flagged = [row.pk for row in rows if row.open_flags]
    if not flagged:
        return set()
    newer = Flag.objects.filter(conversation_id__in=flagged, resolved_at=None, pk__gt=plan.seen_flag)
    return set(newer.values_list("conversation_id", flat=True))


def _change_open_flags(rows: Sequence[Row], change: int) -> None:
    """Count one open flag more or less on each row."""
    Conversation.objects.filter(pk__in=[row.pk for row in rows]).update(open_flags=F("open_flags") + change)
    after = [row.standing(more_flags=change) for row in rows]
    tallies.move([row.standing() for row in rows], after)


def _flagged_no_more(rows: Mapping[int, Row], closed: Iterable[tuple[int, int, int]]) -> Counter[tuple[int, int]]:
    """By source and reason: minus the number of conversations that have no open flag with the reason any more."""
    still = Flag.objects.filter(conversation_id__in=rows, resolved_at=None)
    left = set(still.values_list("conversation_id", "reason_id"))
    gone = {(conversation_id, reason_id) for _, conversation_id, reason_id in closed} - left
    changes: Counter[tuple[int, int]] = Counter()
    for conversation_id, reason_id in gone:
        changes[rows[conversation_id].source, reason_id] -= 1
    return changes


def _reviewers_before(rows: Sequence[Row]) -> dict[int, int | None]:
    """Who had decided before the decision that is taken back."""
    versions = {row.pk: row.version for row in rows}
    made = Decision.objects.filter(conversation_id__in=versions).order_by("pk")
    return {
        conversation_id: reviewer
        for conversation_id, version, reviewer in made.values_list("conversation_id", "version", "created_by_id")
        if version < versions[conversation_id] - 1
    }
