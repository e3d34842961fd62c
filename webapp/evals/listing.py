"""The list of runs: narrowed by endpoint and state, newest first, each with what its counts say."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self
from urllib.parse import urlencode

from django.db.models import QuerySet, Sum

from webapp.common.errors import BadRequest
from webapp.conversations.filters import BIGGEST_ID, known_labels
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.models import SCORED, EvalRun, EvalTally, ModelEndpoint, Outcome
from webapp.evals.statistics import Interval, wilson

PAGE_ROWS = 30
#: The states as people ask for them.
STATES: dict[str, tuple[str, tuple[EvalRun.State, ...]]] = {
    "running": ("running", (EvalRun.State.CHOOSING, EvalRun.State.RUNNING)),
    "paused": ("paused", (EvalRun.State.PAUSED,)),
    "done": ("done", (EvalRun.State.DONE,)),
    "stopped": ("failed or cancelled", (EvalRun.State.FAILED, EvalRun.State.CANCELLED)),
}
NAMES = ("endpoint", "state", "before")


@dataclass(frozen=True)
class RunFilter:
    """Which runs, and where in their list: those with an id below `before`."""

    endpoint: int | None = None
    state: str = ""
    before: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Raises BadRequest for a name or value that is not known."""
        for name in query:
            if name not in NAMES:
                raise BadRequest(f"“{name[:60]}” is no filter of runs. Use one of: {', '.join(NAMES)}.")
        state = query.get("state", "")
        if state and state not in STATES:
            raise BadRequest(f"“state” cannot be “{state[:40]}”. Use one of: {', '.join(STATES)}.")
        endpoint = whole_number(query, "endpoint")
        if endpoint and not ModelEndpoint.objects.filter(pk=endpoint).exists():
            raise BadRequest(f"There is no endpoint with the number {endpoint}.")
        return cls(endpoint, state, whole_number(query, "before"))

    def to_query(self) -> str:
        """The query of the address that stands for it."""
        pairs = {"endpoint": self.endpoint, "state": self.state, "before": self.before}
        return urlencode({name: value for name, value in pairs.items() if value})

    def apply(self) -> QuerySet[EvalRun]:
        """The runs, newest first, without what only their pages need."""
        rows = EvalRun.objects.select_related("endpoint", "created_by").order_by("-pk")
        rows = rows.defer("report", "configuration", "endpoint__findings")
        if self.endpoint:
            rows = rows.filter(endpoint_id=self.endpoint)
        if self.state:
            rows = rows.filter(state__in=STATES[self.state][1])
        return rows.filter(pk__lt=self.before) if self.before else rows


def whole_number(query: Mapping[str, str], name: str) -> int | None:
    """A number from 1 of an address; None where it is not given. Raises BadRequest."""
    text = query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or not 1 <= int(text) <= BIGGEST_ID:
        raise BadRequest(f"“{name}” must be a whole number from 1, not “{text[:40]}”.")
    return int(text)


@dataclass(frozen=True)
class RunRow:
    """A run with what it was asked, in words, and how many questions came to which outcome."""

    run: EvalRun
    asked: str
    counts: Counter[str] = field(default_factory=Counter)

    @cached_property
    def scored(self) -> int:
        """Questions that make up the accuracy."""
        return sum(self.counts[outcome] for outcome in SCORED)

    @property
    def errors(self) -> int:
        return self.counts[Outcome.ERROR]

    @cached_property
    def accuracy(self) -> float | None:
        """From 0 to 1; None before anything is scored."""
        return self.counts[Outcome.RIGHT] / self.scored if self.scored else None

    @cached_property
    def interval(self) -> Interval | None:
        """95 %; None where several samples of a question are not independent of each other."""
        if not self.scored or RunSettings.from_dict(self.run.options).samples > 1:
            return None
        return wilson(self.counts[Outcome.RIGHT], self.scored)


@dataclass(frozen=True)
class RunPage:
    """One page of runs; `older` is the query of the next, empty at the end."""

    rows: list[RunRow]
    older: str = ""


def page_of_runs(wanted: RunFilter) -> RunPage:
    """The newest runs of a filter."""
    runs = list(wanted.apply()[: PAGE_ROWS + 1])
    shown = runs[:PAGE_ROWS]
    older = replace(wanted, before=shown[-1].pk).to_query() if len(runs) > PAGE_ROWS else ""
    return RunPage(run_rows(shown), older)


def run_rows(runs: Sequence[EvalRun]) -> list[RunRow]:
    """Runs with their words and counts, with as many queries for all as for one."""
    asked = _words(runs)
    counts: dict[int, Counter[str]] = {run.pk: Counter() for run in runs}
    tallies = EvalTally.objects.filter(run__in=counts).values("run", "outcome").annotate(number=Sum("total"))
    for row in tallies:
        counts[row["run"]][row["outcome"]] = row["number"]
    return [RunRow(run, asked[run.pk], counts[run.pk]) for run in runs]


def _words(runs: Sequence[EvalRun]) -> dict[int, str]:
    selections = {run.pk: Selection.from_dict(run.selection) for run in runs}
    filters = {pk: selection.conversations() for pk, selection in selections.items()}
    known = known_labels(list(filters.values()))
    return {
        pk: filters[pk].describe(known) + (f" · {selection.sample:,} of them" if selection.sample else "")
        for pk, selection in selections.items()
    }
