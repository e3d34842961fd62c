"""What tests of evaluations share."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import make_user
from tests.standin import Behaviour, StandIn
from webapp.accounts.models import Role, User


class OneStandIn(StandIn):
    """One process for many tests: each begins with the usual behaviour."""

    def begin(self, **behaviour: Any) -> "OneStandIn":
        """Behave so, and in all else as usual; forget what was asked."""
        self.behave(**{**vars(Behaviour()), **behaviour})
        self.reset()
        return self


@pytest.fixture(scope="session")
def standin_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneStandIn]:
    """The process of `standin`."""
    with OneStandIn(tmp_path_factory.mktemp("standin")) as running:
        yield running


@pytest.fixture
def standin(standin_process: OneStandIn, settings: Settings) -> OneStandIn:
    """A stand-in model server on this machine, which may be called."""
    settings.ENDPOINT_LOOPBACK = True
    return standin_process.begin()


@pytest.fixture
def curator() -> User:
    """A curator."""
    return make_user(Role.CURATOR, username="cora")


@pytest.fixture
def curating(client: Client, curator: User) -> Client:
    """A curator's browser."""
    client.force_login(curator)
    return client
