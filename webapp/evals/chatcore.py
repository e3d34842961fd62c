"""ChatCORE: one number for a chat model, the mean of its accuracies on six tasks, each centred on chance.

As in nanochat: (accuracy - chance) / (1 - chance), so that guessing is 0 and all right is 1; chance is 1/4 for the
multiple-choice tasks and 0 for the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from webapp.conversations.models import Source
from webapp.evals.counts import Counts, tallies_of
from webapp.evals.models import EvalRun, ModelEndpoint
from webapp.evals.reporting import REPORT_VERSION
from webapp.evals.statistics import Interval, middle_of, resamples

#: So many finished runs, the newest, are looked through.
MOST_RUNS = 2000


@dataclass(frozen=True)
class CoreTask:
    """One of the six: the task of the registry, its subset where it has several, and what guessing reaches."""

    title: str
    task: str
    subset: str = ""
    chance: float = 0.0

    def centred(self, accuracy: float) -> float:
        return (accuracy - self.chance) / (1 - self.chance)


ARC_EASY = CoreTask("ARC-Easy", "arc", "ARC-Easy", 0.25)
ARC_CHALLENGE = CoreTask("ARC-Challenge", "arc", "ARC-Challenge", 0.25)
MMLU = CoreTask("MMLU", "mmlu", "all", 0.25)
GSM8K = CoreTask("GSM8K", "gsm8k", "main")
HUMANEVAL = CoreTask("HumanEval", "humaneval")
SPELLINGBEE = CoreTask("SpellingBee", "spellingbee")
TASKS = (ARC_EASY, ARC_CHALLENGE, MMLU, GSM8K, HUMANEVAL, SPELLINGBEE)
WITHOUT_SPELLINGBEE = TASKS[:-1]


@dataclass
class Score:
    """A mean of centred accuracies with its interval."""

    value: float
    interval: Interval


@dataclass
class TaskScore:
    """What one run says about one task. `remarks`: how it differs from the whole test split."""

    task: CoreTask
    run: EvalRun
    counts: Counts
    remarks: list[str] = field(default_factory=list)

    @property
    def centred(self) -> float:
        return self.task.centred(self.counts.accuracy or 0.0)

    @cached_property
    def draws(self) -> list[float]:
        """Centred accuracies of a bootstrap over problems: those of the run's report.

        Without them the problems are taken to have one sample each, so that they are drawn from the counts alone.
        """
        report: dict[str, Any] = self.run.report
        drawn = report.get("draws", {}).get(self.task.task) if report.get("version") == REPORT_VERSION else None
        if not drawn:
            right, scored = self.counts.right, self.counts.scored
            kinds = resamples([right, scored - right], seed=f"accuracy {self.run.pk} {self.task.task}")
            drawn = [counts[0] / scored for counts in kinds]
        return [self.task.centred(accuracy) for accuracy in drawn]


@dataclass
class Scores:
    """An endpoint with the newest finished run of each task."""

    endpoint: ModelEndpoint
    tasks: dict[CoreTask, TaskScore] = field(default_factory=dict)

    @property
    def cells(self) -> list[tuple[CoreTask, TaskScore | None]]:
        return [(task, self.tasks.get(task)) for task in TASKS]

    @property
    def missing(self) -> list[str]:
        return [task.title for task in TASKS if task not in self.tasks]

    @cached_property
    def chatcore(self) -> Score | None:
        return self._mean_over(TASKS)

    @cached_property
    def without_spellingbee(self) -> Score | None:
        return self._mean_over(WITHOUT_SPELLINGBEE)

    def _mean_over(self, wanted: Sequence[CoreTask]) -> Score | None:
        """None while a task is missing. The tasks are drawn independently of each other."""
        found = [self.tasks[task] for task in wanted if task in self.tasks]
        if len(found) < len(wanted):
            return None
        rounds = zip(*(one.draws for one in found), strict=False)
        interval = middle_of([sum(drawn) / len(wanted) for drawn in rounds])
        return Score(sum(one.centred for one in found) / len(wanted), interval)


def all_scores() -> list[Scores]:
    """Every endpoint that has finished a run of one of the tasks, the best first and the incomplete last."""
    chosen = _newest_of_each()
    tallies = _counted({run for _, _, run in chosen})
    found: dict[int, Scores] = {}
    runs = EvalRun.objects.select_related("endpoint").in_bulk({run for _, _, run in chosen})
    for task, remarks, run_id in chosen:
        counts = tallies.get((run_id, task.task))
        if counts is None or not counts.scored:
            continue
        run = runs[run_id]
        scores = found.setdefault(run.endpoint_id, Scores(run.endpoint))
        scores.tasks.setdefault(task, TaskScore(task, run, counts, remarks))
    return sorted(found.values(), key=_rank)


def _rank(scores: Scores) -> tuple[int, float, str]:
    score = scores.chatcore or scores.without_spellingbee
    return len(scores.missing), -score.value if score else 0.0, scores.endpoint.name


def _newest_of_each() -> list[tuple[CoreTask, list[str], int]]:
    """The newest finished run of each endpoint and task, with what sets it apart from the whole test split."""
    rows = EvalRun.objects.with_results().order_by("-pk").values_list("pk", "endpoint_id", "selection")[:MOST_RUNS]
    runs = [(pk, endpoint, selection) for pk, endpoint, selection in rows if _sources_of(selection)]
    numbers = {number for _, _, selection in runs for number in _sources_of(selection)}
    sources = Source.objects.only("task", "parameters").in_bulk(numbers)
    found: dict[tuple[int, CoreTask], tuple[CoreTask, list[str], int]] = {}
    for pk, endpoint, selection in runs:
        chosen = [sources[number] for number in _sources_of(selection) if number in sources]
        for task, source in _core_tasks(chosen):
            found.setdefault((endpoint, task), (task, _remarks(source, selection), pk))
    return list(found.values())


def _sources_of(selection: dict[str, Any]) -> list[int]:
    return list(selection.get("filter", {}).get("source", []))


def _core_tasks(sources: Iterable[Source]) -> list[tuple[CoreTask, Source]]:
    """The tasks that a run over these sources gives a number for.

    Results know their task but not its subset, so sources of one task that are not the same part of it give none.
    """
    by_task: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_task[source.task].append(source)
    alone = [(name, found[0]) for name, found in by_task.items() if len(found) == 1]
    return [(task, source) for name, source in alone for task in TASKS if _is(task, name, source)]


def _is(task: CoreTask, name: str, source: Source) -> bool:
    return task.task == name and (not task.subset or source.parameters.get("subset") == task.subset)


def _remarks(source: Source, selection: dict[str, Any]) -> list[str]:
    given = source.parameters
    found = [f"{given['split']} split"] if given.get("split", "test") != "test" else []
    if selection.get("sample") is not None:
        found.append("a sample")
    narrowed = set(selection.get("filter", {})) - {"source"}
    sliced = given.get("subject") or given.get("stop") is not None or given.get("start") or given.get("step", 1) != 1
    if narrowed or sliced:
        found.append("a part")
    return found


def _counted(runs: set[int]) -> dict[tuple[int, str], Counts]:
    found: dict[tuple[int, str], Counts] = defaultdict(Counts)
    for tally in tallies_of(runs):
        found[tally.run, tally.task].add(tally)
    return found
