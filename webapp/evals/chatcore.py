"""ChatCORE: one number for a chat model, the mean of its accuracies on six tasks, each centred on chance.

As in nanochat: (accuracy - chance) / (1 - chance), so that guessing is 0 and all right is 1; chance is 1/4 for the
multiple-choice tasks and 0 for the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from webapp.common.templatetags.winnow import number
from webapp.conversations.models import Source
from webapp.evals.choosing import named_sources
from webapp.evals.configuration import RunSettings
from webapp.evals.counts import Counts, tallies_of
from webapp.evals.models import SCORED, EvalRun, EvalTally, ModelEndpoint
from webapp.evals.reporting import draws_of
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
    """A mean of centred accuracies with its interval; None where a task's is not known."""

    value: float
    interval: Interval | None


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

        Without them they are drawn from the counts, where each problem has one sample; [] where they have several.
        """
        drawn = draws_of(self.run, self.task.task)
        if not drawn and RunSettings.from_dict(self.run.options).samples == 1:
            right, scored = self.counts.right, self.counts.scored
            kinds = resamples([right, scored - right], seed=f"accuracy {self.run.pk} {self.task.task}")
            drawn = [counts[0] / scored for counts in kinds]
        return [self.task.centred(accuracy) for accuracy in drawn]


@dataclass
class Scores:
    """An endpoint with the run that counts for each task."""

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
        rounds = [sum(drawn) / len(wanted) for drawn in zip(*(one.draws for one in found), strict=False)]
        interval = middle_of(rounds) if rounds else None
        return Score(sum(one.centred for one in found) / len(wanted), interval)


def all_scores() -> list[Scores]:
    """Every endpoint that has finished a run of one of the tasks, the best first and the incomplete last."""
    chosen = _newest_of_each()
    numbers = {one.run for one in chosen}
    tallies = _counted(numbers)
    found: dict[int, Scores] = {}
    runs = EvalRun.objects.select_related("endpoint").defer("configuration", "endpoint__findings").in_bulk(numbers)
    for one in chosen:
        run = runs[one.run]
        scores = found.setdefault(run.endpoint_id, Scores(run.endpoint))
        scores.tasks[one.task] = TaskScore(one.task, run, tallies[one.run, one.task.task], one.remarks)
    return sorted(found.values(), key=_rank)


def _rank(scores: Scores) -> tuple[int, float, str]:
    score = scores.chatcore or scores.without_spellingbee
    return len(scores.missing), -score.value if score else 0.0, scores.endpoint.name


class _Choice(NamedTuple):
    """A run that can give a number for a task, with what sets it apart from the whole test split."""

    task: CoreTask
    run: int
    remarks: list[str]


def _newest_of_each() -> list[_Choice]:
    """The first choice of each endpoint and task of which something was scored."""
    choices = _choices()
    scored = _scored({found[0].run for found in choices.values()})
    lacking = [key for key, found in choices.items() if not _is_scored(found[0], scored)]
    scored |= _scored({choice.run for key in lacking for choice in choices[key][1:]})
    newest = (next((one for one in found if _is_scored(one, scored)), None) for found in choices.values())
    return [choice for choice in newest if choice]


def _choices() -> dict[tuple[int, CoreTask], list[_Choice]]:
    """Of each endpoint and task the finished runs: those over the whole test split, then the others; newest first."""
    rows = EvalRun.objects.with_results().order_by("-pk").values_list("pk", "endpoint_id", "selection", "left_out")
    runs = [row for row in rows[:MOST_RUNS] if named_sources(row[2])]
    numbers = {pk for _, _, selection, _ in runs for pk in named_sources(selection)}
    sources = Source.objects.only("task", "parameters").in_bulk(numbers)
    found: dict[tuple[int, CoreTask], list[_Choice]] = defaultdict(list)
    for pk, endpoint, selection, left_out in runs:
        chosen = [sources[one] for one in named_sources(selection) if one in sources]
        for task, source in _core_tasks(chosen):
            left = [f"{number(left_out)} left out"] if left_out else []
            found[endpoint, task].append(_Choice(task, pk, _remarks(source, selection) + left))
    for choices in found.values():
        choices.sort(key=lambda one: bool(one.remarks))  # A quick try must not replace the number of the whole split.
    return found


def _scored(runs: set[int]) -> set[tuple[int, str]]:
    """Which of these runs have scored something of which task."""
    if not runs:
        return set()
    rows = EvalTally.objects.filter(run__in=runs, outcome__in=SCORED, total__gt=0)
    return set(rows.values_list("run_id", "task").distinct())


def _is_scored(choice: _Choice, scored: set[tuple[int, str]]) -> bool:
    return (choice.run, choice.task.task) in scored


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
