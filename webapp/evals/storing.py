"""Writing what came of questions: results, answers and counts, in the transaction of the caller's chunk."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from webapp.common.models import Job
from webapp.common.rows import database_time
from webapp.evals.answers import store_answers
from webapp.evals.asking.questions import Reply
from webapp.evals.claims import still_claimed
from webapp.evals.grading import Grade
from webapp.evals.models import EvalResult, EvalRun, EvalTally

_SET = ("outcome", "kind", "detail", "extracted", "lenient", "lenient_right", "expected", "answer_id", "tries")


class Finished(NamedTuple):
    """A question with what came of it. `key` and `reply` are those of its answer; None for an error.

    `stored`: the answer was in the store and nobody was asked.
    """

    result: int
    task: str
    subject: str
    grade: Grade
    tries: int = 1
    key: bytes | None = None
    reply: Reply | None = None
    stored: bool = False


class Place(NamedTuple):
    """What a tally counts."""

    task: str
    subject: str
    outcome: str
    kind: str


def store_finished(run_id: int, job: Job, finished: Sequence[Finished]) -> list[Finished]:
    """Write what is still this job's to write, and count it. Returns that."""
    if not finished:
        return []
    mine = still_claimed([one.result for one in finished], job)
    written = [one for one in finished if one.result in mine]
    ids = store_answers({one.key: one.reply for one in written if one.key and one.reply})
    _update_results([(one, ids.get(one.key or b"")) for one in written])
    count_grades(run_id, [(one.task, one.subject, one.grade) for one in written])
    from_store = sum(one.stored for one in written)
    EvalRun.objects.filter(pk=run_id).update(done=F("done") + len(written), from_store=F("from_store") + from_store)
    return written


def _update_results(rows: Iterable[tuple[Finished, int | None]]) -> None:
    now, done = database_time(), EvalResult.State.DONE.value
    columns = ", ".join(f"{name} = %s" for name in (*_SET, "state", "finished_at", "claim_job", "claim_fence"))
    values = [(*_columns(one, answer), done, now, None, None, one.result) for one, answer in rows]
    _many(f"UPDATE {EvalResult._meta.db_table} SET {columns} WHERE id = %s", values)  # noqa: S608


def _columns(one: Finished, answer: int | None) -> tuple[Any, ...]:
    grade = one.grade
    return (
        grade.outcome.value, grade.kind, grade.detail, grade.extracted, grade.lenient, grade.lenient_right,
        grade.expected, answer, one.tries,
    )  # fmt: skip


def count_grades(run_id: int, grades: Iterable[tuple[str, str, Grade]], *, sign: int = 1) -> None:
    """Add grades (with their task and subject) to the counts of a run, or with `sign` -1 take them away."""
    totals: Counter[Place] = Counter()
    judged: Counter[Place] = Counter()
    right: Counter[Place] = Counter()
    for task, subject, grade in grades:
        place = Place(task, subject, grade.outcome.value, grade.kind)
        totals[place] += sign
        judged[place] += sign * int(grade.lenient_right is not None)
        right[place] += sign * int(bool(grade.lenient_right))
    table = EvalTally._meta.db_table
    added = ", ".join(
        f"{name} = {table}.{name} + EXCLUDED.{name}" for name in ("total", "lenient_judged", "lenient_right")
    )
    statement = (
        f"INSERT INTO {table} (run_id, task, subject, outcome, kind, total, lenient_judged, lenient_right)"  # noqa: S608
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
        f" ON CONFLICT (run_id, task, subject, outcome, kind) DO UPDATE SET {added}"
    )
    # One order everywhere, so that no two workers wait for each other.
    _many(statement, [(run_id, *place, totals[place], judged[place], right[place]) for place in sorted(totals)])


def _many(statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(statement, values)
