"""A run in numbers, from its tallies alone: outcomes, accuracy, errors; as a whole, by task, by subject."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

from webapp.evals.configuration import RunSettings
from webapp.evals.models import EvalRun, EvalTally, Outcome
from webapp.evals.reporting import draws_of
from webapp.evals.statistics import Interval, middle_of, wilson


class Tally(NamedTuple):
    """A row of EvalTally, without the cost of an object of the database: a page reads hundreds."""

    run: int
    task: str
    subject: str
    outcome: str
    kind: str
    total: int
    lenient_judged: int
    lenient_right: int


@dataclass
class Counts:
    """Outcomes of some results. Errors are of the infrastructure and stand in no denominator.

    `judged` of them were also read by the lenient rule: `strict_right` and `lenient_right` are of these.
    """

    right: int = 0
    wrong: int = 0
    no_answer: int = 0
    cut_off: int = 0
    error: int = 0
    judged: int = 0
    strict_right: int = 0
    lenient_right: int = 0
    # Each answer is to a question of its own. Several to the same are alike: Wilson's interval would be too narrow.
    independent: bool = True
    # Where they are not: the interval of the accuracy by bootstrap over problems, if it is known.
    drawn: Interval | None = None

    def add(self, tally: "Tally") -> None:
        """Before any number is read."""
        setattr(self, tally.outcome, getattr(self, tally.outcome) + tally.total)
        if tally.outcome == Outcome.ERROR:
            return
        self.judged += tally.lenient_judged
        self.lenient_right += tally.lenient_right
        if tally.outcome == Outcome.RIGHT:
            self.strict_right += tally.lenient_judged

    @property
    def answered(self) -> int:
        """An answer could be read out."""
        return self.right + self.wrong

    @property
    def scored(self) -> int:
        """The model has spoken; no answer and cut off count as not right."""
        return self.answered + self.no_answer + self.cut_off

    @property
    def done(self) -> int:
        return self.scored + self.error

    @cached_property
    def accuracy(self) -> float | None:
        return self.right / self.scored if self.scored else None

    @cached_property
    def interval(self) -> Interval | None:
        """Of the accuracy, 95 %; None where nothing is scored, or several answers to a question allow none."""
        return self._wilson(self.right, self.scored) or self.drawn

    def _wilson(self, right: int, of: int) -> Interval | None:
        return wilson(right, of) if of and self.independent else None

    @cached_property
    def of_answered(self) -> float | None:
        return self.right / self.answered if self.answered else None

    @cached_property
    def strict(self) -> Interval | None:
        return self._wilson(self.strict_right, self.judged)

    @cached_property
    def strict_accuracy(self) -> float | None:
        return self.strict_right / self.judged if self.judged else None

    @cached_property
    def lenient(self) -> Interval | None:
        return self._wilson(self.lenient_right, self.judged)

    @cached_property
    def lenient_accuracy(self) -> float | None:
        return self.lenient_right / self.judged if self.judged else None


@dataclass
class Group:
    """The results of one task, or of one subject of it."""

    task: str
    subject: str = ""
    counts: Counts = field(default_factory=Counts)


@dataclass
class Live:
    """What a run's page shows while the run goes on. `errors` and `failures` are by kind, the commonest first."""

    done: int
    total: int
    counts: Counts
    tasks: list[Group]
    subjects: list[Group]
    errors: list[tuple[str, int]]
    failures: list[tuple[str, int]]

    @property
    def waiting(self) -> int:
        return max(0, self.total - self.done)


def tallies_of(runs: Collection[int]) -> list[Tally]:
    """The tallies of some runs, with one query."""
    rows = EvalTally.objects.filter(run__in=runs, total__gt=0)
    return list(map(Tally._make, rows.values_list("run_id", *Tally._fields[1:])))


def live_numbers(run: EvalRun) -> Live:
    """The numbers of now; one query, whatever the number of results."""
    new = partial(Counts, independent=RunSettings.from_dict(run.options).samples == 1)
    counts, errors, failures = new(), Counter[str](), Counter[str]()
    tasks: dict[str, Group] = {}
    subjects: dict[tuple[str, str], Group] = {}
    for tally in tallies_of([run.pk]):
        counts.add(tally)
        tasks.setdefault(tally.task, Group(tally.task, counts=new())).counts.add(tally)
        key = (tally.task, tally.subject)
        subjects.setdefault(key, Group(*key, counts=new())).counts.add(tally)
        if tally.outcome == Outcome.ERROR:
            errors[tally.kind] += tally.total
        elif tally.kind and tally.outcome != Outcome.RIGHT:
            failures[tally.kind] += tally.total
    if not counts.independent:
        _take_draws(run, counts, tasks)
    return Live(
        done=run.done,
        total=run.total,
        counts=counts,
        tasks=_worst_first(tasks.values()),
        subjects=_worst_first(subjects.values()) if _has_subjects(subjects) else [],
        errors=_commonest(errors),
        failures=_commonest(failures),
    )


def _take_draws(run: EvalRun, counts: Counts, tasks: dict[str, Group]) -> None:
    """The intervals of the report, where it is of the same answers: by task, and of the whole run if it has one."""
    if run.report.get("rows") != counts.done:
        return
    for task, group in tasks.items():
        if draws := draws_of(run, task):
            group.counts.drawn = middle_of(draws)
    if len(tasks) == 1:
        counts.drawn = next(iter(tasks.values())).counts.drawn


def _has_subjects(subjects: Iterable[tuple[str, str]]) -> bool:
    return any(subject for _, subject in subjects)


def _worst_first(groups: Iterable[Group]) -> list[Group]:
    def place(group: Group) -> tuple[bool, float, str, str]:
        accuracy = group.counts.accuracy
        return accuracy is None, accuracy or 0.0, group.task, group.subject

    return sorted(groups, key=place)


def _commonest(kinds: Counter[str]) -> list[tuple[str, int]]:
    return [(kind, count) for kind, count in kinds.most_common() if count > 0]
