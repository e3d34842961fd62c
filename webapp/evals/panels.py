"""What models answered, beside a conversation: the newest answer of each, and all of them on a page of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Min, Q

from webapp.conversations.panels import Panel, PanelData, register_panel
from webapp.conversations.rendering import Body, render_body
from webapp.conversations.showing import ShownConversation
from webapp.evals.grading import CODE
from webapp.evals.models import EvalResult, EvalResultQuerySet, Outcome

#: Runs that the panel looks back on, characters of an answer that it unfolds, and of one that it quotes.
MOST_RUNS = 20
MOST_SHOWN = 3_000
MOST_QUOTED = 40
PAGE_ROWS = 50


class Said(NamedTuple):
    """One line: a result, and of how many samples how many were right."""

    result: EvalResult
    right: int
    samples: int

    @property
    def short(self) -> str:
        """What was read out of the answer, else how it begins; of a failed program why it failed."""
        return why(self.result) or self.result.extracted or quoted(self.result)

    @property
    def reference(self) -> str:
        """What was expected, where that tells more than the conversation beside it does."""
        told = self.result.outcome == Outcome.RIGHT or self.result.grader == CODE
        return "" if told else self.result.expected

    @property
    def body(self) -> Body | None:
        """The answer as written, cut where it is long."""
        if self.result.answer is None:
            return None
        text = self.result.answer.text[:MOST_SHOWN]
        return render_body({"role": "assistant", "content": text}, as_written=True)

    @property
    def is_cut(self) -> bool:
        return self.result.answer is not None and len(self.result.answer.text) > MOST_SHOWN


def quoted(result: EvalResult) -> str:
    """The beginning of an answer, on one line."""
    text = "" if result.answer is None else " ".join(result.answer.text[: 10 * MOST_QUOTED].split())
    return text[:MOST_QUOTED] + ("…" if len(text) > MOST_QUOTED else "")


def why(result: EvalResult) -> str:
    """Why a question has no score, or why a program did not pass, in a line; empty for all others."""
    tells = result.outcome == Outcome.ERROR or result.grader == CODE
    return result.detail.partition("\n")[0] if tells else ""


def _answers(shown: ShownConversation) -> PanelData | None:
    """Two queries, however many answers there are; one where there are none."""
    runs = _newest_runs(shown.conversation.pk)
    if not runs:
        return None
    newest = _newest_of(runs)
    return {
        "answers": newest,
        "more": len(runs) > len(newest) or any(row.samples > 1 for row in runs),
    }


def newest_answers(conversation_id: int) -> list[Said]:
    """What each model said last, the newest first."""
    return _newest_of(_newest_runs(conversation_id))


def _newest_of(runs: Sequence["AskedRun"]) -> list[Said]:
    results = EvalResult.objects.filter(pk__in=[row.first for row in runs[:MOST_RUNS]])
    by_run = {result.run_id: result for result in _with_runs(results)}
    newest: dict[int, Said] = {}
    for row in runs[:MOST_RUNS]:
        result = by_run.get(row.run)
        if result is not None and result.run.endpoint_id not in newest:
            newest[result.run.endpoint_id] = Said(result, row.right, row.samples)
    return list(newest.values())


def _with_runs(results: EvalResultQuerySet) -> EvalResultQuerySet:
    """With all that is shown of their runs, and not the reports."""
    return results.select_related("run__endpoint", "answer").defer("run__report", "run__configuration")


class AskedRun(NamedTuple):
    """A run that has asked about a conversation: the id of its first result, how many there are, how many right."""

    run: int
    first: int
    samples: int
    right: int


def _newest_runs(conversation_id: int) -> list[AskedRun]:
    rows = EvalResult.objects.filter(conversation_id=conversation_id).exclude(outcome="").values("run").order_by("-run")
    right = Q(outcome=Outcome.RIGHT)
    found = rows.annotate(first=Min("pk"), samples=Count("pk"), right=Count("pk", filter=right))
    return [AskedRun(*row) for row in found.values_list("run", "first", "samples", "right")[: MOST_RUNS + 1]]


@dataclass(frozen=True)
class AnswerPage:
    """Answers about one conversation, the newest first; `older` is the id before which the next page begins."""

    rows: Sequence[EvalResult]
    older: int | None


def page_of_answers(conversation_id: int, before: int | None) -> AnswerPage:
    """All results of a conversation, of all runs and samples."""
    rows = EvalResult.objects.filter(conversation_id=conversation_id).exclude(outcome="").order_by("-pk")
    rows = _with_runs(rows)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE_ROWS + 1])
    shown = found[:PAGE_ROWS]
    return AnswerPage(shown, shown[-1].pk if len(found) > PAGE_ROWS else None)


register_panel(Panel("answers", "Answers", "evals/panels/answers.html", _answers, 5))
