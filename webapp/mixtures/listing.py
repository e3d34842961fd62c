"""The rows of a component, in its order: by the name of the source (by code point), then by position."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Max, Min
from django.db.models.expressions import Combinable

from webapp.conversations.models import Conversation, ConversationQuerySet, Source
from webapp.mixtures.models import FoundRows
from webapp.mixtures.recipes import Component

BATCH = 5_000
Row = tuple[Any, ...]


def sources_of(component: Component) -> list[Source]:
    """The sources that the component may read, in the order of its rows; none that is in the trash."""
    sources = Source.objects.live()
    if component.filter.source:
        sources = sources.filter(pk__in=component.filter.source)
    return sorted(sources, key=lambda source: source.name)


def missing_sources(component: Component) -> int:
    """How many of the sources that the filter names are deleted."""
    return len(component.filter.source) - len(sources_of(component)) if component.filter.source else 0


def rows_by_source(
    component: Component, columns: tuple[str, ...], **computed: Combinable
) -> Iterator[tuple[Source, Iterator[list[Row]]]]:
    """For each source its rows, in batches of at most BATCH: `columns` of Conversation as the database gives them.

    `computed` are expressions over the columns, which `columns` may name, too.

    Each iterator of batches must be used up before the next source is asked for.
    """
    found = _found_ids(component)
    for source in sources_of(component):
        queries = _queries(component, source, found)
        yield source, chain.from_iterable(_batches(query, columns, computed) for query in queries)


def _queries(component: Component, source: Source, found: "array[int] | None") -> Iterator[ConversationQuerySet]:
    # What a text search found is kept from when it was saved; all the rest of the filter is asked anew.
    rest = component.filter if found is None else replace(component.filter, q="")
    rows = rest.apply(Conversation.objects.all()).filter(source=source).order_by("id")
    if found is None:
        yield rows
        return
    ends = Conversation.objects.filter(source=source).aggregate(first=Min("id"), last=Max("id"))
    if ends["first"] is None:
        return
    inside = found[bisect_left(found, ends["first"]) : bisect_right(found, ends["last"])]
    for begin in range(0, len(inside), BATCH):
        yield rows.filter(pk__in=inside[begin : begin + BATCH].tolist())


def _found_ids(component: Component) -> "array[int] | None":
    if component.found is None:
        return None
    return FoundRows.objects.get(pk=component.found).ids()


def _batches(
    rows: ConversationQuerySet, columns: tuple[str, ...], computed: dict[str, Combinable]
) -> Iterator[list[Row]]:
    """Past the ORM's rows: a million of them are read in half a second."""
    try:
        statement, parameters = rows.annotate(**computed).values_list(*columns).query.get_compiler("default").as_sql()
    except EmptyResultSet:
        return
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters)
        while batch := cursor.fetchmany(BATCH):
            yield batch
