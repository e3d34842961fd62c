"""A stand-in for a model server, as good as new for each test, and short ways to talk to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.evals.asking.helpers import KEY
from tests.standin import StandIn
from webapp.evals.asking.questions import Connection


@pytest.fixture(scope="session")
def running_standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One process for the whole run; tests take `server`."""
    with StandIn(tmp_path_factory.mktemp("standin")) as server:
        yield server


@pytest.fixture
def server(running_standin: StandIn) -> StandIn:
    """The stand-in, with its first behaviour and nothing counted."""
    running_standin.behave(**vars(running_standin.behaviour))
    running_standin.reset()
    return running_standin


@pytest.fixture
def connect(server: StandIn) -> Callable[..., Connection]:
    """Makes connections to the stand-in, with fields of Connection as keywords."""

    def make(**fields: Any) -> Connection:
        nanochat = fields.get("adapter") == "nanochat"
        address = server.nanochat_address if nanochat else server.address
        given: dict[str, Any] = {
            "adapter": "openai",
            "address": address,
            "model": "tiny",
            "key": KEY,
            "timeout_seconds": 10.0,
        }
        return Connection(**(given | fields))

    return make
