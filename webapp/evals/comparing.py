"""Two runs on the same questions: who had what right, by how much they differ, and what flipped.

A pair is the same conversation, in the same version, with the same number of the sample, scored in both runs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, cast

from django.core.cache import cache
from django.db import connection

from webapp.common.errors import BadRequest
from webapp.conversations.models import Conversation
from webapp.evals.models import EvalResult, EvalRun, Outcome
from webapp.evals.statistics import Interval, Pairs, exact_mcnemar, paired_difference

PAGE_ROWS = 20
KEPT_SECONDS = 600
#: b has it right and a has not; the other way round.
Way = Literal["gained", "lost"]
WAYS: tuple[Way, ...] = ("gained", "lost")


@dataclass
class Compared:
    """The pairs of one task or subject, or all of them. Differences are b minus a."""

    task: str = ""
    subject: str = ""
    pairs: Pairs = field(default_factory=Pairs)

    @property
    def share_a(self) -> float:
        return self.pairs.right_a / self.pairs.total

    @property
    def share_b(self) -> float:
        return self.pairs.right_b / self.pairs.total

    @property
    def difference(self) -> float:
        return (self.pairs.only_b - self.pairs.only_a) / self.pairs.total

    @cached_property
    def interval(self) -> Interval:
        turned = Pairs(self.pairs.both, self.pairs.only_b, self.pairs.only_a, self.pairs.none)
        return paired_difference(turned)

    @cached_property
    def p(self) -> float:
        return exact_mcnemar(self.pairs.only_a, self.pairs.only_b)


@dataclass
class Comparison:
    """What two runs have in common, and what had to be left out."""

    whole: Compared = field(default_factory=Compared)
    tasks: list[Compared] = field(default_factory=list)
    subjects: list[Compared] = field(default_factory=list)
    # In both runs, but: with an error in one, not yet done in one, asked about in two versions.
    errors: int = 0
    unfinished: int = 0
    versions: int = 0
    only_a: int = 0
    only_b: int = 0

    @property
    def left_out(self) -> int:
        return self.errors + self.unfinished + self.versions


#: What two results of the same question are to each other, by the number that the database gives them.
_MISSING, _UNFINISHED, _ERROR, _VERSIONS, *_PAIRS = range(8)
_KIND_OF_PAIR = dict(zip(_PAIRS, ("both", "only_a", "only_b", "none"), strict=True))


class _Group(NamedTuple):
    task: str
    subject: str
    kind: int
    total: int


def compare(run_a: EvalRun, run_b: EvalRun) -> Comparison:
    """Join the results of both runs by conversation and sample, and count.

    The join takes 20 ms for 14,000 pairs, so each process keeps what it has counted of ended runs for a while.
    """
    if not (run_a.is_finished() and run_b.is_finished()):
        return _compare(run_a, run_b)
    key = ":".join(["evals-compare", *map(_as_it_is, (run_a, run_b))])
    return cast(Comparison, cache.get_or_set(key, lambda: _compare(run_a, run_b), KEPT_SECONDS))


def _as_it_is(run: EvalRun) -> str:
    """Changes when the outcomes of the run do."""
    reported = run.reported_at.timestamp() if run.reported_at else 0
    return f"{run.pk}-{run.state}-{run.done}-{reported}"


def _compare(run_a: EvalRun, run_b: EvalRun) -> Comparison:
    groups, left_out = _joined(run_a, run_b), Counter[int]()
    by_task: dict[str, Counter[str]] = defaultdict(Counter)
    by_subject: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for group in groups:
        if group.kind in _KIND_OF_PAIR:
            by_task[group.task][_KIND_OF_PAIR[group.kind]] += group.total
            by_subject[group.task, group.subject][_KIND_OF_PAIR[group.kind]] += group.total
        else:
            left_out[group.kind] += group.total
    tasks = [Compared(task, "", Pairs(**counts)) for task, counts in by_task.items()]
    subjects = [Compared(*key, Pairs(**counts)) for key, counts in by_subject.items()]
    shared = sum(group.total for group in groups if group.kind != _MISSING)
    return Comparison(
        whole=Compared(pairs=sum((one.pairs for one in tasks), Pairs())),
        tasks=_widest_first(tasks),
        subjects=_widest_first(subjects) if any(one.subject for one in subjects) else [],
        errors=left_out[_ERROR],
        unfinished=left_out[_UNFINISHED],
        versions=left_out[_VERSIONS],
        only_a=left_out[_MISSING],
        only_b=EvalResult.objects.filter(run=run_b).count() - shared,
    )


def _joined(run_a: EvalRun, run_b: EvalRun) -> list[_Group]:
    """Every result of a with the one of b beside it, counted by task, subject and what the two are to each other."""
    table = EvalResult._meta.db_table
    kind = (
        f"CASE WHEN b.id IS NULL THEN {_MISSING} WHEN a.outcome = '' OR b.outcome = '' THEN {_UNFINISHED}"
        f" WHEN a.outcome = 'error' OR b.outcome = 'error' THEN {_ERROR}"
        f" WHEN a.version <> b.version THEN {_VERSIONS}"
        f" WHEN a.outcome = 'right' THEN CASE WHEN b.outcome = 'right' THEN {_PAIRS[0]} ELSE {_PAIRS[1]} END"
        f" WHEN b.outcome = 'right' THEN {_PAIRS[2]} ELSE {_PAIRS[3]} END"
    )
    statement = (
        f"SELECT a.task, a.subject, {kind}, COUNT(*) FROM {table} a"  # noqa: S608
        f" LEFT JOIN {table} b ON b.run_id = %s AND b.conversation_id = a.conversation_id AND b.sample = a.sample"
        " WHERE a.run_id = %s GROUP BY 1, 2, 3"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [run_b.pk, run_a.pk])
        return [_Group(*row) for row in cursor.fetchall()]


def _widest_first(groups: Iterable[Compared]) -> list[Compared]:
    return sorted(groups, key=lambda group: (-abs(group.difference), group.task, group.subject))


class Place(NamedTuple):
    """Where a page of flips begins: behind this conversation and sample."""

    conversation: int = 0
    sample: int = 0

    def __str__(self) -> str:
        return f"{self.conversation}-{self.sample}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """What `str` gave, "" for the beginning. Raises BadRequest."""
        if not text:
            return cls()
        parts = text.split("-")
        if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
            raise BadRequest(f"“after” must be two numbers with a hyphen between them, not “{text[:40]}”.")
        return cls(int(parts[0]), int(parts[1]))


@dataclass(frozen=True)
class Flip:
    """A question that one run had right and the other had not; what each answered, and the ids of the results."""

    conversation: Conversation
    sample: int
    subject: str
    expected: str
    outcome_a: str
    outcome_b: str
    extracted_a: str
    extracted_b: str
    result_a: int
    result_b: int

    @property
    def place(self) -> Place:
        return Place(self.conversation.pk, self.sample)


def flips(run_a: EvalRun, run_b: EvalRun, way: Way, after: Place, limit: int = PAGE_ROWS) -> list[Flip]:
    """At most `limit` flips of one way in the order of the conversations, beginning behind `after`."""
    rows = _flipped(run_a, run_b, way, after, limit)
    conversations = Conversation.objects.select_related("source").in_bulk([row[0] for row in rows])
    return [Flip(conversations[row[0]], *row[1:]) for row in rows if row[0] in conversations]


def _flipped(run_a: EvalRun, run_b: EvalRun, way: Way, after: Place, limit: int) -> list[tuple[Any, ...]]:
    """Walk the right ones of the run that had them right by their index, and look each up in the other."""
    table = EvalResult._meta.db_table
    winner, loser = ("b", "a") if way == "gained" else ("a", "b")
    runs = {"a": run_a.pk, "b": run_b.pk}
    statement = (
        f"SELECT {winner}.conversation_id, {winner}.sample, {winner}.subject, {winner}.expected,"  # noqa: S608
        " a.outcome, b.outcome, a.extracted, b.extracted, a.id, b.id"
        f" FROM {table} {winner} JOIN {table} {loser} ON {loser}.run_id = %s AND {loser}.version = {winner}.version"
        f" AND {loser}.conversation_id = {winner}.conversation_id AND {loser}.sample = {winner}.sample"
        f" AND {loser}.outcome IN (%s, %s, %s)"
        f" WHERE {winner}.run_id = %s AND {winner}.outcome = %s AND {winner}.conversation_id >= %s"
        f" AND ({winner}.conversation_id > %s OR {winner}.sample > %s)"
        f" ORDER BY {winner}.conversation_id, {winner}.sample LIMIT %s"
    )
    not_right = [str(outcome) for outcome in (Outcome.WRONG, Outcome.NO_ANSWER, Outcome.CUT_OFF)]
    place = [after.conversation, after.conversation, after.sample]
    values: list[int | str] = [runs[loser], *not_right, runs[winner], str(Outcome.RIGHT), *place, limit]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
