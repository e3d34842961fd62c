"""What every test may use: ports, folders, real servers, and the rule that CI skips nothing."""

import os
from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import Settings

from tests.installation import Installation
from tests.servers import PostgresServer, RedisServer, chromium_path, free_port, postgres_program, redis_is_installed
from webapp.celery import app

#: Set in CI: a test that skips there fails instead, because CI brings everything that a test may need.
NO_SKIPS = os.environ.get("WINNOW_NO_SKIPS") == "1"

#: Folders of tests/ whose tests never touch the database of the run.
WITHOUT_DATABASE = ("browser", "faults", "tasks_core")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the browser tests; here, because options of a folder's own are not known in time."""
    parser.addoption("--shots", action="store_true", help="save screenshots of all pages in test-results/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the second run, on PostgreSQL, leaves out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in WITHOUT_DATABASE:
            item.add_marker(pytest.mark.once)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing may be skipped."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {call.excinfo and call.excinfo.value}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself."""
    report = yield
    if NO_SKIPS and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture
def port() -> int:
    """A free TCP port."""
    return free_port()


@pytest.fixture(autouse=True)
def _data_of_its_own(tmp_path: Path, settings: Settings) -> None:
    """Keep uploads and exports of a test out of the data of a Winnow that runs here."""
    settings.WINNOW_DATA = tmp_path / "winnow-data"


@pytest.fixture(autouse=True)
def _passwords_hashed_fast(settings: Settings) -> None:
    """The real hasher takes a third of a second a password, on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _broker_of_its_own() -> None:
    """Keep messages of tests out of the queue of a Winnow that runs here; nobody reads them."""
    app.conf.update(broker_url="memory://localhost//")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Test SQLite in a file, as it runs: threads cannot share one in memory."""
    if connection.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(autouse=True)
def _rows_of_migrations(request: pytest.FixtureRequest) -> None:
    """Bring back the flag reasons, which the end of an earlier transactional test has thrown away with all else.

    For every test with a database: the runner does not keep the transactional ones for the end on each worker.
    """
    with_database = {"db", "transactional_db"} & set(request.fixturenames)
    if not with_database and not request.node.get_closest_marker("django_db"):
        return
    request.getfixturevalue("db")
    if not apps.get_model("conversations", "FlagReason").objects.exists():
        import_module("webapp.conversations.migrations.0002_flag_reasons").add_reasons(apps, None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return chromium_path() or pytest.skip("no Chromium here")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL cluster of this run's own; not to be stopped. Faults start theirs with PostgresServer()."""
    if not postgres_program("initdb"):
        pytest.skip("no PostgreSQL server here")
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of this run's own; not to be stopped. Faults start theirs with RedisServer(folder)."""
    if not redis_is_installed():
        pytest.skip("no Redis or Valkey server here")
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def embedded(tmp_path: Path) -> Installation:
    """A Winnow of its own on SQLite and its own broker, nothing started."""
    return Installation(tmp_path)


@pytest.fixture
def production(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Installation]:
    """A Winnow of its own on PostgreSQL and a Redis of its own, Winnow itself not started."""
    if not redis_is_installed():
        pytest.skip("no Redis or Valkey server here")
    database = postgres_server.create_database(f"winnow_{free_port()}_{os.getpid()}")
    with RedisServer(tmp_path / "redis") as redis:
        yield Installation(tmp_path, database_url=database, redis_url=redis.url)


@pytest.fixture(params=["embedded", "production"])
def installation(request: pytest.FixtureRequest) -> Installation:
    """Both stacks, one after the other."""
    found: Installation = request.getfixturevalue(request.param)
    return found
