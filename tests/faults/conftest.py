"""The two stacks, each started once for all fault tests of a process and mended before every one of them."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.faults.stack import Stack, embedded_stack, production_stack
from tests.servers import PostgresServer, postgres_program, redis_is_installed


@contextlib.contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    stack.set_up()
    try:
        yield stack
    finally:
        stack.pass_freely()
        for server in reversed(stack.servers):
            server.kill()


@pytest.fixture(scope="session")
def _embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not redis_is_installed():
        pytest.skip("no Redis or Valkey server here")
    with running(embedded_stack(tmp_path_factory.mktemp("embedded"))) as stack:
        yield stack


@pytest.fixture(scope="session")
def _production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not redis_is_installed():
        pytest.skip("no Redis or Valkey server here")
    if not postgres_program("initdb"):
        pytest.skip("no PostgreSQL server here")
    with PostgresServer() as postgres, running(production_stack(tmp_path_factory.mktemp("p"), postgres)) as stack:
        yield stack


@pytest.fixture
def embedded_winnow(_embedded: Stack) -> Stack:
    """E: SQLite and its own broker."""
    _embedded.mend()
    return _embedded


@pytest.fixture
def production_winnow(_production: Stack) -> Stack:
    """P: PostgreSQL and Redis."""
    _production.mend()
    return _production


@pytest.fixture(params=["embedded", "production"])
def winnow(request: pytest.FixtureRequest) -> Stack:
    """Both, one after the other."""
    found: Stack = request.getfixturevalue(f"{request.param}_winnow")
    return found
