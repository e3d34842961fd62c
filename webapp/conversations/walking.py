"""How the conversations of a filter are found in the order of their ids: quickly, or for a while and then on demand.

A walk is one of five:
- `Known`: the ids are at hand.
- `Streams`: an index holds just these rows in just this order; several (two sources, three statuses) are merged.
- `Scan`: every part of the filter is a column of the index `conversation_scan`, which is looked through, SCAN_ROWS ids
  at a time.
- `Search`: the search index, from one window of ids to the next, for SEARCH_SECONDS at a time.
- `Sieve`: ids come from a walk that answers some parts of the filter (a reason, a word), and the other parts are asked
  of these rows, SIEVE_ROWS at a time.
"""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from django.db import connection
from django.db.models import Q

from webapp.conversations import searching
from webapp.conversations.models import Conversation
from webapp.conversations.planning import index_only

#: How much is looked at before a walk stops to offer to go on: 20 to 40 ms on a small machine.
SCAN_ROWS = 500_000
SIEVE_ROWS = 20_000
SIEVE_BATCH = 500
SEARCH_SECONDS = 0.25
#: Ids in the first window of a search; as long as the answers come fast, each is four times as wide as the one before.
SEARCH_WINDOW = 5_000
LAST_ID = 2**63 - 1
TABLE = Conversation._meta.db_table


class Found(NamedTuple):
    """Ids in the order of the walk.

    `stopped`: nothing beyond this id was looked at; None where the walk came to its end or found enough.
    """

    ids: list[int]
    stopped: int | None = None


class Walk(Protocol):
    """The ids of a filter, in both directions."""

    def find(self, start: int | None, limit: int, *, falling: bool = False) -> Found:
        """Up to `limit` ids behind `start` (None: from the beginning), rising, or falling from the end."""


@dataclass(frozen=True)
class Known:
    """A walk over ids (rising) that are at hand."""

    ids: Sequence[int]

    def find(self, start: int | None, limit: int, *, falling: bool = False) -> Found:
        if falling:
            end = len(self.ids) if start is None else bisect_left(self.ids, start)
            return Found(list(self.ids[max(0, end - limit) : end][::-1]))
        begin = 0 if start is None else bisect_right(self.ids, start)
        return Found(list(self.ids[begin : begin + limit]))


@dataclass(frozen=True)
class Stream:
    """Ids straight from one index: `keys` are the columns that stand before the id in it, with their values."""

    index: str
    keys: tuple[tuple[str, int | str], ...] = ()
    # What else is true of these rows: the condition of a partial index, or a search with its parameters.
    where: str = ""
    params: tuple[str, ...] = ()
    table: str = TABLE
    column: str = "id"
    # The same id may stand there several times.
    distinct: bool = False

    def sql(self, low: int, high: int, limit: int, *, falling: bool) -> tuple[str, list[Any]]:
        """The query for up to `limit` ids from `low` to `high`, and its parameters."""
        where, params = self._between(low, high)
        if self.where:
            where, params = f"{self.where} AND {where}", [*self.params, *params]
        columns = [name for name, _ in self.keys] + [self.column]
        once = f" GROUP BY {', '.join(columns)}" if self.distinct else ""
        order = ", ".join(f"{name} {_direction(falling)}" for name in columns)
        select = f"SELECT {self.column} AS id FROM {self.table}{_hint(self.index)}"  # noqa: S608
        return f"{select} WHERE {where}{once} ORDER BY {order} LIMIT %s", [*params, limit]

    def _between(self, low: int, high: int) -> tuple[str, list[Any]]:
        names, values = [name for name, _ in self.keys], [value for _, value in self.keys]
        if connection.vendor == "postgresql" and names:
            # Compared as one, the columns have an order that only their own index has: the planner, which takes the
            # rows of a source to be spread evenly, would else walk along the ids until it meets some.
            row, places = ", ".join([*names, self.column]), ", ".join(["%s"] * (len(names) + 1))
            return f"({row}) >= ({places}) AND ({row}) <= ({places})", [*values, low, *values, high]
        fixed = "".join(f"{name} = %s AND " for name in names)
        return f"{fixed}{self.column} >= %s AND {self.column} <= %s", [*values, low, high]


@dataclass(frozen=True)
class Streams:
    """A walk over one or several streams."""

    streams: tuple[Stream, ...]

    def find(self, start: int | None, limit: int, *, falling: bool = False) -> Found:
        low, high = bounds(start, falling=falling)
        parts = [stream.sql(low, high, limit, falling=falling) for stream in self.streams]
        sql, params = parts[0]
        if len(parts) > 1:
            every = " UNION ALL ".join(f"SELECT id FROM ({part}) AS s{n}" for n, (part, _) in enumerate(parts))  # noqa: S608
            sql = f"SELECT id FROM ({every}) AS merged ORDER BY id {_direction(falling)} LIMIT %s"  # noqa: S608
            params = [value for _, values in parts for value in values] + [limit]
        return Found(fetch_ids(sql, params))


def bounds(start: int | None, *, falling: bool) -> tuple[int, int]:
    """The lowest and the highest id behind `start`."""
    if falling:
        return 0, LAST_ID if start is None else start - 1
    return 0 if start is None else start + 1, LAST_ID


def _hint(index: str) -> str:
    """SQLite knows too little about the rows to pick the index itself. PostgreSQL takes no hints."""
    return f" INDEXED BY {index}" if index and connection.vendor == "sqlite" else ""


@dataclass(frozen=True)
class Range:
    """Ids whose column lies between two values, in no order, from an index of that column."""

    index: str
    column: str
    low: int
    high: int
    # The condition of a partial index.
    where: str = "1 = 1"

    def ids(self, limit: int) -> list[int]:
        sql = (
            f"SELECT id FROM {TABLE}{_hint(self.index)}"  # noqa: S608
            f" WHERE {self.where} AND {self.column} >= %s AND {self.column} <= %s LIMIT %s"
        )
        with index_only():
            return fetch_ids(sql, [self.low, self.high, limit])


def _direction(falling: bool) -> str:
    return "DESC" if falling else "ASC"


def fetch_ids(sql: str, params: Sequence[Any]) -> list[int]:
    """Run a query for ids."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class Scan:
    """A walk through the index of all columns, between two ids."""

    condition: Q
    first: int
    last: int

    def find(self, start: int | None, limit: int, *, falling: bool = False) -> Found:
        low, high = bounds(start, falling=falling)
        low, high = max(low, self.first), min(high, self.last)
        border = max(low, high - SCAN_ROWS + 1) if falling else min(high, low + SCAN_ROWS - 1)
        reaches_end = border == (low if falling else high)
        low, high = (border, high) if falling else (low, border)
        ids = self._ids(low, high, limit, falling) if low <= high else []
        return Found(ids, None if len(ids) == limit or reaches_end else border)

    def _ids(self, low: int, high: int, limit: int, falling: bool) -> list[int]:
        rows = Conversation.objects.filter(self.condition, pk__gte=low, pk__lte=high)
        rows = rows.order_by("-pk" if falling else "pk")
        sql, params = rows.values_list("pk")[:limit].query.sql_with_params()
        plain = f'FROM "{TABLE}" '
        with index_only():
            return fetch_ids(sql.replace(plain, f'FROM "{TABLE}"{_hint("conversation_scan")} ', 1), params)


@dataclass(frozen=True)
class Search:
    """A walk over the answers to a search, between two ids.

    A phrase of common words can make a database look at the places of every word in every text; so it is asked about a
    window of ids at a time.
    """

    text: str
    first: int
    last: int

    def find(self, start: int | None, limit: int, *, falling: bool = False) -> Found:
        low, high = bounds(start, falling=falling)
        low, high = max(low, self.first), min(high, self.last)
        ids: list[int] = []
        window, begun = SEARCH_WINDOW, time.monotonic()
        while low <= high:
            border = max(low, high - window + 1) if falling else min(high, low + window - 1)
            between = (border, high) if falling else (low, border)
            asked = time.monotonic()
            ids += searching.search_between(self.text, *between, limit - len(ids), falling=falling)
            now = time.monotonic()
            if len(ids) >= limit or border == (low if falling else high):
                return Found(ids)
            if now - begun > SEARCH_SECONDS:
                return Found(ids, border)
            low, high = (low, border - 1) if falling else (border + 1, high)
            window = window * 4 if now - asked < SEARCH_SECONDS / 10 else max(1, window // 2)
        return Found(ids)


@dataclass(frozen=True)
class Sieve:
    """A walk whose rows have to pass further conditions, and a search where `q` is set."""

    walk: Walk
    condition: Q
    q: str = ""

    def find(self, start: int | None, limit: int, *, falling: bool = False) -> Found:
        ids: list[int] = []
        looked, size = 0, SIEVE_BATCH
        while True:
            batch = self.walk.find(start, size, falling=falling)
            ids += self._passing(batch.ids, falling)
            looked += len(batch.ids)
            if len(ids) >= limit:
                return Found(ids[:limit])
            if batch.stopped is not None or len(batch.ids) < size:
                return Found(ids, batch.stopped)
            start = batch.ids[-1]
            if looked >= SIEVE_ROWS:
                return Found(ids, start)
            size = min(4 * size, 2_000, SIEVE_ROWS - looked)

    def _passing(self, ids: list[int], falling: bool) -> list[int]:
        if not ids:
            return []
        rows = Conversation.objects.filter(self.condition, pk__in=ids)
        with index_only():
            passing = list(rows.values_list("pk", flat=True))
        if self.q:
            passing = searching.search_among(passing, self.q)
        return sorted(passing, reverse=falling)
