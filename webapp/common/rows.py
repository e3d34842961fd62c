"""Many rows at once, past the ORM: `executemany` on SQLite, COPY on PostgreSQL (about 5 times `bulk_create`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.db import connection, models
from django.utils import timezone

Row = tuple[Any, ...]


def insert_rows(model: type[models.Model], fields: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows with values for `fields`, in the caller's transaction. Every other column needs a database default.

    Values go to the driver as they are: text, numbers, bytes, None; a time as `database_time` gives it.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(quote(_column(model, name)) for name in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The errors of COPY would come past Django's own.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608


def _column(model: type[models.Model], name: str) -> str:
    field = cast("models.Field[Any, Any]", model._meta.get_field(name))
    return str(field.column)


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """`count` new ids of a model in rising order, in the caller's transaction; nobody else gets them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [model._meta.db_table, count],
            )
            return sorted(row[0] for row in cursor.fetchall())
        # The transaction holds the only write lock, and an insert with an id moves the sequence on.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
        found = cursor.fetchone()
    last = found[0] if found else 0
    return list(range(last + 1, last + 1 + count))


def database_time(moment: datetime | None = None) -> Any:
    """A time (default: now) as `insert_rows` takes it."""
    moment = moment or timezone.now()
    return moment if connection.vendor == "postgresql" else connection.ops.adapt_datetimefield_value(moment)
