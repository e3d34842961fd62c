"""Who did what, when: the histories of webapp/dashboards/histories.py in one list, newest first.

Each history is read by its own index from where the list stands, a batch at a time, and the batches are merged before
anything else of the rows is read: a page costs the same at the first line and at the millionth, and a download holds a
batch in memory.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, Self

from django.db.models import Q, QuerySet
from django.urls import reverse

from webapp.common.errors import BadRequest
from webapp.conversations.models import Conversation
from webapp.dashboards.histories import HISTORIES, History, Row, passed_over
from webapp.dashboards.work import bounds

PAGE = 50
BATCH = 1_000
#: Chosen as the person: what the command line did.
NOBODY = 0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """Where an event stands in the list; a later place is a larger one."""

    before: int
    rank: int
    number: int

    @classmethod
    def of(cls, when: datetime, rank: int, number: int) -> Self:
        return cls(-((when - _EPOCH) // _MICROSECOND), rank, -number)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadRequest."""
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
            raise BadRequest("“before” is not a place in this list. Start again at the newest.")
        microseconds, rank, number = map(int, parts)
        if microseconds * _MICROSECOND > timedelta(days=365 * 1000):
            raise BadRequest("“before” is not a place in this list. Start again at the newest.")
        return cls(-microseconds, rank, -number)

    def __str__(self) -> str:
        return f"{-self.before}.{self.rank}.{-self.number}"

    @property
    def when(self) -> datetime:
        return _EPOCH - self.before * _MICROSECOND


@dataclass(frozen=True)
class Event:
    """One line. `address` leads to what it is about, to the trash where that is in it; empty where it is gone."""

    place: Place
    when: datetime
    who: str
    kind: str
    what: str
    note: str
    about: str
    address: str
    trashed: bool = False
    conversation: int | None = None


@dataclass(frozen=True)
class AuditFilter:
    """Which events; None and empty for all. Days are those of the time zone of the settings, both included."""

    person: int | None = None
    kinds: tuple[str, ...] = ()
    source: int | None = None
    conversation: int | None = None
    first: date | None = None
    last: date | None = None

    def histories(self) -> Iterator[tuple[int, History]]:
        """Those that can hold such an event, each with its rank."""
        for rank, history in enumerate(HISTORIES):
            if self.kinds and history.kind not in self.kinds:
                continue
            if (self.source and not history.source) or (self.conversation and not history.conversation):
                continue
            yield rank, history

    def apply(self, history: History) -> QuerySet[Any]:
        """Its rows; of a source with those of others whose conversations lie between its own: `_told` drops them."""
        rows: QuerySet[Any] = history.rows()
        if self.person is not None:
            rows = rows.filter(**{history.who: self.person or None})
        if self.conversation:
            rows = rows.filter(**{history.conversation: self.conversation})
        if self.first:
            rows = rows.filter(**{f"{history.when}__gte": bounds(self.first)[0]})
        if self.last:
            rows = rows.filter(**{f"{history.when}__lt": bounds(self.last)[1]})
        return self._of_source(rows, history) if self.source else rows

    def _of_source(self, rows: QuerySet[Any], history: History) -> QuerySet[Any]:
        """By what stands in the index by time, so that rows of other sources are passed over without being read."""
        if history.source == "pk":
            return rows.filter(pk=self.source)
        found: QuerySet[Any]
        if history.source == "source":
            found = rows.alias(_source=passed_over("source_id")).filter(_source=self.source)
        else:
            near = passed_over(f"{history.conversation}_id")
            found = rows.alias(_conversation=near).filter(_conversation__range=self._ends)
        return found

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """The first and the last conversation of the source."""
        ids = Conversation.objects.filter(source=self.source or 0).values_list("pk", flat=True)
        return ids.order_by("pk").first() or 0, ids.order_by("-pk").first() or 0


def events(wanted: AuditFilter, after: Place | None = None, *, batch: int = BATCH) -> Iterator[Event]:
    """All of a filter below a place, newest first."""
    parts = (_places(wanted.apply(history), history, rank, after, batch) for rank, history in wanted.histories())
    merged = heapq.merge(*parts)
    while places := list(islice(merged, batch)):
        yield from _told(places, wanted)


def _places(rows: QuerySet[Any], history: History, rank: int, after: Place | None, batch: int) -> Iterator[Place]:
    """Where the rows of one history stand, without a join: what is joined may lure a database off the index."""
    when, number = history.when, history.number
    thin = rows.order_by(f"-{when}", f"-{number}").values_list(when, number)
    while True:
        found = list((thin.filter(_below(history, rank, after)) if after else thin)[:batch])
        for moment, count in found:
            after = Place.of(moment, rank, count)
            yield after
        if len(found) < batch:
            return


def _told(places: list[Place], wanted: AuditFilter) -> Iterator[Event]:
    """What happened at these places, in their order; without what is of another source, or gone by now."""
    numbers: dict[int, list[int]] = {}
    for place in places:
        numbers.setdefault(place.rank, []).append(-place.number)
    found: dict[tuple[int, int], Row] = {}
    for rank, those in numbers.items():
        history = HISTORIES[rank]
        rows = history.rows().filter(**{f"{history.number}__in": those})
        rows = rows.filter(**{history.source: wanted.source}) if wanted.source else rows
        found |= {(rank, row[history.number]): row for row in rows.values(*_columns(history))}
    for place in places:
        if row := found.get((place.rank, -place.number)):
            yield _event(row, place)


def _below(history: History, rank: int, after: Place) -> Q:
    """Rows that stand below a place: the same moment belongs to it by rank, then by number."""
    when, number = history.when, history.number
    if rank < after.rank:
        return Q(**{f"{when}__lt": after.when})
    bound = Q(**{f"{when}__lte": after.when})
    if rank > after.rank:
        return bound
    return bound & (Q(**{f"{when}__lt": after.when}) | Q(**{f"{number}__lt": -after.number}))


def _columns(history: History) -> set[str]:
    who = "username" if history.who == "pk" else f"{history.who}__username"
    columns = {"pk", history.number, history.when, who, *history.needs}
    if history.conversation:
        source = f"{history.conversation}__source"
        columns |= {f"{history.conversation}_id", f"{history.conversation}__position", f"{source}__name"}
    return columns | {history.trashed} if history.trashed else columns


def _event(row: Row, place: Place) -> Event:
    history = HISTORIES[place.rank]
    what, note = history.tell(row)
    trashed = bool(history.trashed and row[history.trashed])
    about, address = history.about(row) if history.about else _conversation(row, history)
    return Event(
        place=place,
        when=row[history.when],
        who=row["username" if history.who == "pk" else f"{history.who}__username"] or "command line",
        kind=history.kind,
        what=what,
        note=note,
        about=about,
        address=reverse("conversations:trash") if trashed else address,
        trashed=trashed,
        conversation=row.get(f"{history.conversation}_id"),
    )


def _conversation(row: Row, history: History) -> tuple[str, str]:
    path = history.conversation
    number = row[f"{path}_id"]
    if number is None:
        return "a conversation that was deleted", ""
    label = f"{row[f'{path}__source__name']} #{row[f'{path}__position'] + 1:,}"
    return label, reverse("conversations:conversation", args=[number])


@dataclass(frozen=True)
class AuditPage:
    """`older` is the place after which the next page begins, empty at the end."""

    events: list[Event]
    older: str = ""


def page_of_events(wanted: AuditFilter, after: Place | None) -> AuditPage:
    """One page."""
    found = list(islice(events(wanted, after, batch=PAGE + 1), PAGE + 1))
    return AuditPage(found[:PAGE], str(found[PAGE - 1].place) if len(found) > PAGE else "")
