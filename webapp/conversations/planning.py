"""What PostgreSQL's planner is kept from where it would guess wrong. SQLite is told the index in the query itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def index_only() -> Iterator[None]:
    """Read one index in its order, rather than the whole table with several processes (4 times as long on 2 cores)."""
    with _without("enable_seqscan", "enable_bitmapscan"):
        yield


@contextmanager
def bitmaps_only() -> Iterator[None]:
    """Ask the search index which rows match, rather than unpack the words of every row along the ids until some do."""
    with _without("enable_seqscan", "enable_indexscan", "enable_indexonlyscan"):
        yield


@contextmanager
def _without(*ways: str) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        _switch(ways, "off")
        yield
        _switch(ways, "on")


def _switch(ways: tuple[str, ...], to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {way} = {to}" for way in ways))
