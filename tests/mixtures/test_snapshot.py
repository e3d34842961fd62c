"""A snapshot shows one moment, and lets others write."""

import sqlite3
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from tests.factories import make_source
from webapp.conversations.models import Source
from webapp.mixtures import snapshot


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BaseDatabaseWrapper:
    """A connection to an SQLite file, as Winnow opens it; tests have theirs in memory."""
    config = settings.DATABASES["default"] if connection.vendor == "sqlite" else {}
    options = config.get("OPTIONS", {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"})
    name = str(tmp_path / "shop.sqlite3")
    handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": options}})
    found = handler["default"]
    monkeypatch.setattr(snapshot, "connection", found)
    with found.cursor() as cursor:
        cursor.execute("CREATE TABLE stock (count INTEGER)")
        cursor.execute("INSERT INTO stock VALUES (1)")
    return found


def stock(shop: BaseDatabaseWrapper) -> int:
    with shop.cursor() as cursor:
        cursor.execute("SELECT sum(count) FROM stock")
        return int(cursor.fetchone()[0])


@pytest.mark.once
@pytest.mark.django_db
def test_others_write_to_an_sqlite_file_meanwhile(shop: BaseDatabaseWrapper, tmp_path: Path) -> None:
    with snapshot.read_snapshot():
        assert stock(shop) == 1
        with sqlite3.connect(tmp_path / "shop.sqlite3", timeout=0) as other:
            other.execute("INSERT INTO stock VALUES (10)")
        assert stock(shop) == 1
    assert stock(shop) == 11
    shop.close()


@pytest.mark.django_db(transaction=True)
def test_others_write_to_postgresql_meanwhile() -> None:
    if connection.vendor != "postgresql":
        return  # the test above is the same for SQLite
    make_source("before")
    other = connections.create_connection("default")
    try:
        with snapshot.read_snapshot():
            assert Source.objects.count() == 1
            with other.cursor() as cursor:
                cursor.execute("UPDATE conversations_source SET name = 'after'")
            assert Source.objects.get().name == "before"
        assert Source.objects.get().name == "after"
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_an_error_inside_ends_the_snapshot() -> None:
    with pytest.raises(Source.DoesNotExist), snapshot.read_snapshot():
        Source.objects.get()
    make_source("written behind it")
    assert Source.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_broken_query_inside_ends_the_snapshot() -> None:
    with pytest.raises(DatabaseError), snapshot.read_snapshot(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert Source.objects.count() == 0
