"""The items of a run: its questions with what came of them, narrowed, page by page in the conversations' order."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Max, Min, Q

from webapp.common.errors import BadRequest
from webapp.evals.kinds import kind_words
from webapp.evals.models import EvalResult, EvalResultQuerySet, EvalRun, EvalTally, Outcome
from webapp.evals.places import QuestionPlace
from webapp.evals.showing_runs import task_title

PAGE_ROWS = 50
WAITING = "waiting"
OUTCOME_WORDS = {str(one): str(one.label) for one in Outcome} | {WAITING: "not asked yet"}
PLACE_NAMES = ("after", "before", "page")


@dataclass(frozen=True)
class ItemFilter:
    """Which items of a run; the fields are the names in an address. `outcome` "waiting": not answered yet."""

    outcome: str = ""
    task: str = ""
    subject: str = ""
    kind: str = ""
    sample: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str], *, other: Collection[str] = PLACE_NAMES) -> Self:
        """Raises BadRequest for a name or a value that is not known."""
        names = [field.name for field in fields(cls)]
        for name in query:
            if name not in {*names, *other}:
                raise BadRequest(f"“{name[:60]}” is no filter of items. Use one of: {', '.join([*names, *other])}.")
        outcome = query.get("outcome", "")
        if outcome and outcome not in OUTCOME_WORDS:
            raise BadRequest(f"“outcome” cannot be “{outcome[:40]}”. Use one of: {', '.join(OUTCOME_WORDS)}.")
        texts = {name: _text(query, name) for name in ("task", "subject", "kind")}
        return cls(outcome=outcome, sample=_sample(query.get("sample", "")), **texts)

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Name and value of every part that is set."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                yield field.name, value

    def to_query(self, **more: Any) -> str:
        """The query of the address that stands for it; `more` is put behind it."""
        return urlencode([*self.parts(), *more.items()])

    def without(self, name: str) -> Self:
        """The same without one part."""
        return self.with_part(name, None if name == "sample" else "")

    def with_part(self, name: str, value: Any) -> Self:
        """The same with another value of one part."""
        changes: dict[str, Any] = {name: value}
        return replace(self, **changes)

    def apply(self, run: EvalRun) -> EvalResultQuerySet:
        """The items of a run that pass; in no order."""
        wanted = dict(self.parts())
        if self.outcome == WAITING:
            wanted["outcome"] = ""
        return EvalResult.objects.filter(run=run, **wanted)

    def words_of(self, name: str, value: Any) -> str:
        """A value of a part, as it is read beside the other parts."""
        match name:
            case "outcome":
                return str(OUTCOME_WORDS[value])
            case "kind":
                return kind_words(value)
            case "task":
                return task_title(value)
            case "sample":
                return f"sample {value + 1}"
        return str(value)

    def describe(self) -> str:
        """In words: "wrong · law"."""
        return " · ".join(self.words_of(name, value) for name, value in self.parts()) or "all items"


def rows_to_walk(run: EvalRun, wanted: ItemFilter) -> EvalResultQuerySet:
    """The items that pass, between the first and the last conversation of their task and subject.

    Tasks stand one behind the other, mostly, and so do their subjects: a page would else look at all that is before.
    """
    rows = wanted.apply(run)
    placed = ItemFilter(task=wanted.task, subject=wanted.subject)
    if placed == ItemFilter():
        return rows
    inside = placed.apply(run)
    if not wanted.task:
        if run.done < run.total:
            return rows  # what waits is not counted, so that its task is not known
        tasks = EvalTally.objects.filter(run=run, subject=wanted.subject).values_list("task", flat=True)
        inside = inside.filter(task__in=set(tasks))
    ends = inside.aggregate(first=Min("conversation_id"), last=Max("conversation_id"))
    if ends["first"] is None:
        return rows.none()
    return rows.filter(conversation_id__gte=ends["first"], conversation_id__lte=ends["last"])


def _text(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "")
    if "\0" in value or len(value) > 100:
        raise BadRequest(f"“{name}” can be at most 100 characters long, without NUL characters.")
    return value


def _sample(text: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise BadRequest(f"“sample” must be a whole number from 0, not “{text[:40]}”.")
    return int(text) if text else None


def place_of(result: EvalResult) -> QuestionPlace:
    """Where an item stands."""
    return QuestionPlace(result.conversation_id, result.sample)


def next_items(rows: EvalResultQuerySet, start: QuestionPlace | None, *, falling: bool = False) -> EvalResultQuerySet:
    """The items behind a place (None: from the beginning), in order; `falling` those before it, backwards.

    The border is named by its conversation first: that is what the indexes can jump to.
    """
    order = ("-conversation_id", "-sample") if falling else ("conversation_id", "sample")
    if start is None:
        return rows.order_by(*order)
    if falling:
        before = Q(conversation_id__lt=start.conversation) | Q(sample__lt=start.sample)
        return rows.filter(before, conversation_id__lte=start.conversation).order_by(*order)
    behind = Q(conversation_id__gt=start.conversation) | Q(sample__gt=start.sample)
    return rows.filter(behind, conversation_id__gte=start.conversation).order_by(*order)


@dataclass(frozen=True)
class ItemPage:
    """One page; the links are queries, empty where there is no such page."""

    rows: list[EvalResult]
    previous: str = ""
    next: str = ""


def page_of_items(run: EvalRun, wanted: ItemFilter, query: Mapping[str, str]) -> ItemPage:
    """The items at the place that an address names. Raises BadRequest for a place that is none."""
    given = [name for name in PLACE_NAMES if query.get(name)]
    if len(given) > 1 or query.get("page", "last") not in {"", "last"}:
        raise BadRequest("Give only one of “after”, “before” and “page=last”.")
    falling = given in (["before"], ["page"])
    start = QuestionPlace.read(query[given[0]], given[0]) if given in (["after"], ["before"]) else None
    found = list(next_items(_shown(rows_to_walk(run, wanted)), start, falling=falling)[: PAGE_ROWS + 1])
    rows = found[:PAGE_ROWS][:: -1 if falling else 1]
    if not rows:
        return ItemPage([])
    more = len(found) > PAGE_ROWS
    has_previous, has_next = (more, given == ["before"]) if falling else (given == ["after"], more)
    return ItemPage(
        rows,
        wanted.to_query(before=place_of(rows[0])) if has_previous else "",
        wanted.to_query(after=place_of(rows[-1])) if has_next else "",
    )


def _shown(rows: EvalResultQuerySet) -> EvalResultQuerySet:
    return rows.select_related("conversation", "answer").defer("answer__text", "answer__letters")


def neighbours(result: EvalResult, wanted: ItemFilter) -> tuple[int | None, int | None]:
    """The ids of the items before and behind one in a narrowed list; None at its ends."""
    rows, place = rows_to_walk(result.run, wanted), place_of(result)
    before, after = (
        next_items(rows, place, falling=falling).values_list("pk", flat=True).first() for falling in (True, False)
    )
    return before, after


@dataclass(frozen=True)
class Choice:
    """A value that a part can have, in words, how many items have it (None: not known), and the query of these."""

    value: str
    label: str
    count: int | None
    query: str


@dataclass
class ItemCounts:
    """What the kept counts say about the items of a run; they stay when conversations are deleted."""

    run: EvalRun
    wanted: ItemFilter

    @cached_property
    def _rows(self) -> list[tuple[dict[str, str], int]]:
        names = ("task", "subject", "outcome", "kind")
        rows = EvalTally.objects.filter(run=self.run, total__gt=0).values_list(*names, "total")
        return [(dict(zip(names, values, strict=True)), total) for *values, total in rows]

    def _by(self, name: str) -> Counter[str]:
        """How many items have which value of a part, among those that pass all the other parts."""
        others = [(other, value) for other, value in self.wanted.parts() if other not in {name, "sample"}]
        counted: Counter[str] = Counter()
        for row, total in self._rows:
            if all(row[other] == value for other, value in others):
                counted[row[name]] += total
        return counted

    @property
    def is_exact(self) -> bool:
        """The counts are not kept by sample."""
        return self.wanted.sample is None

    @property
    def waiting(self) -> int | None:
        """Questions without an outcome; only known for the whole run."""
        narrowed = bool(self.wanted.without("outcome").to_query())
        return None if narrowed else max(0, self.run.total - self.run.done)

    def _choice(self, name: str, value: str, label: str, count: int | None) -> Choice:
        return Choice(value, label, count, self.wanted.with_part(name, value).to_query())

    @cached_property
    def outcomes(self) -> list[Choice]:
        """All outcomes, first that of all items."""
        counted, waiting = self._by("outcome"), self.waiting
        every = counted.total() + waiting if waiting is not None and self.is_exact else None
        choices = [self._choice("outcome", "", "all", every)]
        for one in Outcome:
            choices += [self._choice("outcome", str(one), str(one.label), counted[one] if self.is_exact else None)]
        if self.run.total > self.run.done or self.wanted.outcome == WAITING:
            choices.append(self._choice("outcome", WAITING, OUTCOME_WORDS[WAITING], waiting))
        return choices

    @property
    def total(self) -> int | None:
        """How many items pass; None where no count knows."""
        return next(choice.count for choice in self.outcomes if choice.value == self.wanted.outcome)

    def _choices(self, name: str) -> list[Choice]:
        counted = self._by(name)
        values = sorted({value for value in counted if value} | ({getattr(self.wanted, name)} - {""}))
        counts = counted if self.is_exact else {}
        return [self._choice(name, one, self.wanted.words_of(name, one), counts.get(one)) for one in values]

    @property
    def chips(self) -> list[Choice]:
        """The parts that are set beside the outcome, each with the query without it."""
        chips = []
        for name, value in self.wanted.without("outcome").parts():
            words = self.wanted.words_of(name, value)
            chips.append(Choice(str(value), words, None, self.wanted.without(name).to_query()))
        return chips

    @cached_property
    def tasks(self) -> list[Choice]:
        return self._choices("task")

    @cached_property
    def subjects(self) -> list[Choice]:
        return self._choices("subject")

    @cached_property
    def kinds(self) -> list[Choice]:
        return self._choices("kind")
