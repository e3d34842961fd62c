"""Two runs on the same questions: who had what right, by how much they differ, and what flipped.

A pair is the same conversation, in the same version, with the same number of the sample, scored in both runs.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, cast

from django.core.cache import cache
from django.db import connection

from webapp.common.models import Job
from webapp.conversations.models import Conversation
from webapp.evals.models import EvalResult, EvalRun, Outcome
from webapp.evals.places import QuestionPlace
from webapp.evals.statistics import Interval, Pairs, exact_mcnemar, paired_difference

PAGE_ROWS = 10
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
    # In one run alone, with those whose conversations were deleted since.
    only_a: int = 0
    only_b: int = 0

    @property
    def left_out(self) -> int:
        return self.errors + self.unfinished + self.versions


class _Group(NamedTuple):
    """The results of a that have a task and subject, and what stands beside them in b, as counts."""

    task: str
    subject: str
    asked: int
    met: int
    unfinished: int
    errors: int
    paired: int
    both: int
    right_a: int
    right_b: int

    @property
    def pairs(self) -> Pairs:
        only_a, only_b = self.right_a - self.both, self.right_b - self.both
        return Pairs(self.both, only_a, only_b, self.paired - self.both - only_a - only_b)

    @property
    def versions(self) -> int:
        return self.met - self.unfinished - self.errors - self.paired


def compare(run_a: EvalRun, run_b: EvalRun) -> Comparison:
    """Join the results of both runs by conversation and sample, and count.

    The join takes 15 ms for 14,000 pairs, so each process keeps for a while what it has counted of runs that stand.
    """
    if run_a.is_live() or run_b.is_live():
        return _compare(run_a, run_b)
    key = ":".join(["evals-compare", *map(_as_it_is, (run_a, run_b)), _last_purge()])
    return cast(Comparison, cache.get_or_set(key, lambda: _compare(run_a, run_b), KEPT_SECONDS))


def _as_it_is(run: EvalRun) -> str:
    """Changes when the outcomes of the run do: with every answer, with a retry, with a report after scoring again."""
    times = [time.timestamp() if time else 0 for time in (run.reported_at, run.finished_at)]
    return "-".join(map(str, [run.pk, run.state, run.done, *times]))


def _last_purge() -> str:
    """Changes when conversations are deleted for good, and their results with them."""
    newest = Job.objects.filter(kind="purge_source").order_by("-pk").values_list("pk", "done").first()
    return "-".join(map(str, newest or ()))


def _compare(run_a: EvalRun, run_b: EvalRun) -> Comparison:
    groups = _joined(run_a, run_b)
    subjects = [Compared(group.task, group.subject, group.pairs) for group in groups if group.paired]
    tasks: dict[str, Pairs] = defaultdict(Pairs)
    for one in subjects:
        tasks[one.task] += one.pairs
    met = sum(group.met for group in groups)
    return Comparison(
        whole=Compared(pairs=sum(tasks.values(), Pairs())),
        tasks=_widest_first(Compared(task, "", pairs) for task, pairs in tasks.items()),
        subjects=_widest_first(subjects) if any(one.subject for one in subjects) else [],
        errors=sum(group.errors for group in groups),
        unfinished=sum(group.unfinished for group in groups),
        versions=sum(group.versions for group in groups),
        only_a=max(0, run_a.total - met),
        only_b=max(0, run_b.total - met),
    )


def _joined(run_a: EvalRun, run_b: EvalRun) -> list[_Group]:
    """Every result of a with the one of b beside it, counted by task and subject: in the order of an index."""
    table = EvalResult._meta.db_table
    met = "b.id IS NOT NULL"
    unfinished = f"{met} AND (a.outcome = '' OR b.outcome = '')"
    errors = f"{met} AND (a.outcome = 'error' AND b.outcome <> '' OR a.outcome <> '' AND b.outcome = 'error')"
    paired = "a.version = b.version AND a.outcome NOT IN ('', 'error') AND b.outcome NOT IN ('', 'error')"
    right_a, right_b = (f"{paired} AND {run}.outcome = 'right'" for run in "ab")
    counted = (met, unfinished, errors, paired, f"{right_a} AND b.outcome = 'right'", right_a, right_b)
    counts = ", ".join(f"COUNT(*) FILTER (WHERE {condition})" for condition in counted)
    statement = (
        f"SELECT a.task, a.subject, COUNT(*), {counts} FROM {table} a"  # noqa: S608
        f" LEFT JOIN {table} b ON b.run_id = %s AND b.conversation_id = a.conversation_id AND b.sample = a.sample"
        " WHERE a.run_id = %s GROUP BY a.task, a.subject"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [run_b.pk, run_a.pk])
        return [_Group(*row) for row in cursor.fetchall()]


def _widest_first(groups: Iterable[Compared]) -> list[Compared]:
    return sorted(groups, key=lambda group: (-abs(group.difference), group.task, group.subject))


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
    def place(self) -> QuestionPlace:
        return QuestionPlace(self.conversation.pk, self.sample)


def flips(run_a: EvalRun, run_b: EvalRun, way: Way, after: QuestionPlace, limit: int = PAGE_ROWS) -> list[Flip]:
    """At most `limit` flips of one way in the order of the conversations, beginning behind `after`."""
    rows = _flipped(run_a, run_b, way, after, limit)
    conversations = Conversation.objects.select_related("source").in_bulk([row[0] for row in rows])
    return [Flip(conversations[row[0]], *row[1:]) for row in rows if row[0] in conversations]


def _flipped(run_a: EvalRun, run_b: EvalRun, way: Way, after: QuestionPlace, limit: int) -> list[tuple[Any, ...]]:
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
