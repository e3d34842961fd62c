"""The two stacks, each started once for all fault tests of a process and mended before every one of them."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.faults.evaluations import Evaluations
from tests.faults.stack import MODEL_PORT, Stack, embedded_stack, production_stack
from tests.servers import PostgresServer, postgres_program, redis_is_installed
from tests.standin import StandIn


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


@pytest.fixture(scope="session")
def _model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    model = StandIn(tmp_path_factory.mktemp("model"), port=MODEL_PORT)
    yield model
    model.kill()


@pytest.fixture
def evals(winnow: Stack, _model: StandIn) -> Evaluations:
    """Evaluations on both stacks, one after the other."""
    return Evaluations(winnow, _model)


@pytest.fixture
def production_evals(production_winnow: Stack, _model: StandIn) -> Evaluations:
    """Evaluations on PostgreSQL and Redis."""
    return Evaluations(production_winnow, _model)


@pytest.fixture
def embedded_evals(embedded_winnow: Stack, _model: StandIn) -> Evaluations:
    """Evaluations on SQLite and its own broker."""
    return Evaluations(embedded_winnow, _model)
