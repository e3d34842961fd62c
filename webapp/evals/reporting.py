"""The report of a run: what its page shows beyond the tallies. Read from the results by a job, kept with the run.

What is from the tallies, at any time, is in webapp/evals/counts.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from django.utils import timezone

from webapp.evals.grading import LETTER
from webapp.evals.histograms import histogram
from webapp.evals.models import EvalResult, EvalRun, Outcome
from webapp.evals.statistics import bootstrap, pass_at_k, quantile, resamples

#: Rises when the report gets another shape; the page shows none of another version.
REPORT_VERSION = 1
KS = (1, 2, 5, 10, 20, 50, 100, 200)
BATCH = 2000


class _Row(NamedTuple):
    conversation: int
    task: str
    grader: str
    outcome: str
    expected: str
    extracted: str
    lenient_right: bool | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_ms: int | None
    forced: bool | None


#: How many samples of a problem were scored, and how many of these were right.
_Problem = tuple[int, int]


@dataclass
class _Gathered:
    """What the rows add up to: counts only, so that its size does not grow with the run."""

    rows: int = 0
    forced: int = 0
    letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    letters_right: Counter[str] = field(default_factory=Counter)
    prompt_tokens: Counter[int] = field(default_factory=Counter)
    completion_tokens: Counter[int] = field(default_factory=Counter)
    latency: Counter[int] = field(default_factory=Counter)
    rules: dict[str, Counter[tuple[bool, bool]]] = field(default_factory=lambda: defaultdict(Counter))
    problems: dict[str, Counter[_Problem]] = field(default_factory=lambda: defaultdict(Counter))
    _current: tuple[int, str] = (0, "")
    _scored: int = 0
    _right: int = 0

    def add(self, row: _Row) -> None:
        """Rows of one conversation follow each other."""
        self.rows += 1
        self._count_asking(row)
        if (row.conversation, row.task) != self._current:
            self.end_problem()
            self._current = (row.conversation, row.task)
        if row.outcome == Outcome.ERROR:
            return
        right = row.outcome == Outcome.RIGHT
        self._scored += 1
        self._right += right
        if row.lenient_right is not None:
            self.rules[row.task][right, row.lenient_right] += 1
        if row.grader == LETTER:
            self.letters[row.expected, row.extracted] += 1
            self.letters_right[row.expected] += right

    def end_problem(self) -> None:
        """After the last sample of a conversation."""
        if self._scored:
            self.problems[self._current[1]][self._scored, self._right] += 1
        self._scored = self._right = 0

    def _count_asking(self, row: _Row) -> None:
        self.forced += bool(row.forced)
        for counts, value in (
            (self.prompt_tokens, row.prompt_tokens),
            (self.completion_tokens, row.completion_tokens),
            (self.latency, row.latency_ms),
        ):
            if value is not None:
                counts[value] += 1


def write_report(run_id: int) -> None:
    """Build the report of what is there now, and keep it with the run."""
    report = build_report(EvalRun.objects.get(pk=run_id))
    EvalRun.objects.filter(pk=run_id).update(report=report, reported_at=timezone.now())


def draws_of(run: EvalRun, task: str) -> list[float]:
    """The accuracies of a task in the bootstrap over problems; [] where the run has no report that knows them."""
    report: dict[str, Any] = run.report
    found: list[float] = report.get("draws", {}).get(task, []) if report.get("version") == REPORT_VERSION else []
    return found


def build_report(run: EvalRun) -> dict[str, Any]:
    """Read the results with an outcome once, a batch at a time; plain JSON values.

    letters: [expected, answered, count]; rules: by task, how strict and lenient agree; asking: tokens, milliseconds;
    pass_at_k: by task and k; draws: by task, the accuracies of a bootstrap over problems, for ChatCORE.
    """
    gathered = _Gathered()
    for row in _rows(run):
        gathered.add(row)
    gathered.end_problem()
    return {
        "version": REPORT_VERSION,
        "rows": gathered.rows,
        "forced": gathered.forced,
        "letters": sorted([*pair, count] for pair, count in gathered.letters.items()),
        "letters_right": dict(sorted(gathered.letters_right.items())),
        "rules": {task: _agreement(found) for task, found in sorted(gathered.rules.items())},
        "prompt_tokens": _summary(gathered.prompt_tokens),
        "completion_tokens": _summary(gathered.completion_tokens),
        "latency_ms": _summary(gathered.latency),
        "pass_at_k": [line for task, found in sorted(gathered.problems.items()) for line in _passes(run, task, found)],
        "draws": {task: _draws(run, task, found) for task, found in sorted(gathered.problems.items())},
    }


def _rows(run: EvalRun) -> Iterator[_Row]:
    names = ("prompt_tokens", "completion_tokens", "latency_ms", "forced")
    columns = ("conversation_id", "task", "grader", "outcome", "expected", "extracted", "lenient_right")
    results = EvalResult.objects.filter(run=run, state=EvalResult.State.DONE).order_by("conversation_id", "sample")
    found = results.values_list(*columns, *(f"answer__{name}" for name in names))
    yield from map(_Row._make, found.iterator(chunk_size=BATCH))


def _agreement(found: Counter[tuple[bool, bool]]) -> dict[str, int]:
    return {
        "both": found[True, True],
        "only_strict": found[True, False],
        "only_lenient": found[False, True],
        "none": found[False, False],
    }


def _summary(counts: Counter[int]) -> dict[str, Any] | None:
    """None where the endpoint has not told any."""
    if not counts:
        return None
    return {
        "known": counts.total(),
        "sum": sum(value * count for value, count in counts.items()),
        "median": quantile(counts, 0.5),
        "p90": quantile(counts, 0.9),
        "p99": quantile(counts, 0.99),
        "most": max(counts),
        "histogram": [list(part) for part in histogram(counts)],
    }


def _passes(run: EvalRun, task: str, found: Counter[_Problem]) -> Iterator[dict[str, Any]]:
    """pass@k with the bootstrap interval over problems; problems with fewer than k scored samples are left out."""
    samples = max((scored for scored, _ in found), default=1)
    for k in KS if samples > 1 else ():
        kinds = sorted(kind for kind in found if kind[0] >= k)
        if not kinds:
            return
        values = [pass_at_k(scored, right, k) for scored, right in kinds]
        counts = [found[kind] for kind in kinds]
        interval = bootstrap(counts, partial(_mean, values), seed=f"pass@{k} {run.pk} {task}")
        yield {
            "task": task,
            "k": k,
            "value": _mean(values, counts),
            "low": interval.low,
            "high": interval.high,
            "problems": sum(counts),
            "left_out": found.total() - sum(counts),
        }


def _mean(values: Sequence[float], counts: Sequence[int]) -> float:
    return sum(count * value for count, value in zip(counts, values, strict=True)) / sum(counts)


def _draws(run: EvalRun, task: str, found: Counter[_Problem]) -> list[float]:
    """The accuracy over all samples in each round of the bootstrap over problems.

    With one sample a problem is right or not, and this is the binomial distribution of the counts.
    """
    kinds = sorted(found)
    drawn = []
    for counts in resamples([found[kind] for kind in kinds], seed=f"accuracy {run.pk} {task}"):
        scored = sum(count * kind[0] for count, kind in zip(counts, kinds, strict=True))
        right = sum(count * kind[1] for count, kind in zip(counts, kinds, strict=True))
        drawn.append(round(right / scored, 5))
    return drawn
