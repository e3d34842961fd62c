"""Scoring a run again from the stored answers, after the scorer has changed. Nobody is asked."""

from collections.abc import Sequence

from webapp.common.errors import JobFailed
from webapp.common.running import JobRun
from webapp.evals.answers import reply_of
from webapp.evals.asked import conversation_asked
from webapp.evals.configuration import SCORER_VERSION, RunSettings
from webapp.evals.grading import Grade, Scorer, grade
from webapp.evals.models import EvalResult, EvalRun, Outcome
from webapp.evals.reporting import write_report
from webapp.evals.storing import count_grades

RESCORE = "evaluate_rescore"
BATCH = 200
COLUMNS = ("outcome", "kind", "detail", "extracted", "lenient", "lenient_right", "expected")


def rescore(run: JobRun) -> None:
    """Go through the answered results of a run, by id, from wherever it was stopped."""
    eval_run = EvalRun.objects.filter(pk=run.parameters["run"]).first()
    if eval_run is None:
        raise JobFailed("This evaluation was deleted.", final=True)
    if eval_run.is_live():
        raise JobFailed("The evaluation goes on. Score it again when it has ended.")
    run.set_total(eval_run.done)
    scorer = Scorer(RunSettings.from_dict(eval_run.options).code_mode, eval_run.configuration.get("sandbox", ""))
    while rows := _next(eval_run.pk, run.cursor.get("after", 0)):
        with run.holding():
            grades = [_grade(row, scorer) for row in rows]
        with run.chunk() as progress:
            changed = _change(eval_run.pk, rows, grades)
            progress.done += len(rows)
            progress.cursor["after"] = rows[-1].pk
            progress.result = {"run": eval_run.pk, "changed": progress.result.get("changed", 0) + changed}
    with run.holding():
        write_report(eval_run.pk)
    with run.chunk(may_end_slice=False):
        held = EvalRun.objects.select_for_update().get(pk=eval_run.pk)
        held.configuration["scorer"] = SCORER_VERSION
        held.save(update_fields=["configuration"])


def _next(run_id: int, after: int) -> list[EvalResult]:
    rows = EvalResult.objects.filter(run_id=run_id, pk__gt=after).exclude(answer=None).order_by("pk")
    return list(rows.select_related("answer", "conversation", "conversation__text")[:BATCH])


def _grade(row: EvalResult, scorer: Scorer) -> Grade:
    answer = row.answer
    assert answer is not None  # noqa: S101  (tells the types apart)
    return grade(row.grader, conversation_asked(row.conversation, row.version), reply_of(answer), scorer)


def _change(run_id: int, rows: Sequence[EvalResult], grades: Sequence[Grade]) -> int:
    """Write the grades that differ, and count them anew. An error of the infrastructure changes nothing."""
    pairs = [(row, new) for row, new in zip(rows, grades, strict=True) if new.outcome != Outcome.ERROR]
    changed = [(row, new) for row, new in pairs if _old(row) != new]
    count_grades(run_id, [(row.task, row.subject, _old(row)) for row, _ in changed], sign=-1)
    count_grades(run_id, [(row.task, row.subject, new) for row, new in changed])
    for row, new in changed:
        for name in COLUMNS:
            setattr(row, name, getattr(new, name))
    EvalResult.objects.bulk_update([row for row, _ in changed], COLUMNS)
    return len(changed)


def _old(row: EvalResult) -> Grade:
    return Grade(
        Outcome(row.outcome), row.kind, row.detail, row.extracted, row.expected, row.lenient, row.lenient_right
    )
