"""A whole Winnow as processes, on both stacks: it answers, its worker is seen, and it ends when asked to."""

import json
import urllib.error
import urllib.request

import pytest

from tests.installation import Installation
from tests.servers import wait_until

pytestmark = pytest.mark.once


def readiness(url: str) -> dict[str, bool]:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            found: dict[str, bool] = json.load(answer)
    except urllib.error.HTTPError as refused:
        found = json.load(refused)
    return found


def test_everything_starts_is_ready_and_ends(installation: Installation) -> None:
    with installation.running() as web:
        wait_until(lambda: all(readiness(web.url).values()), what="readiness")
        assert readiness(web.url) == {"database": True, "broker": True, "worker": True}
    assert web.process is None


def test_a_broker_that_is_away_is_said(embedded: Installation) -> None:
    embedded.manage("migrate", "--verbosity", "0")
    with embedded.broker() as broker, embedded.web() as web:
        assert readiness(web.url) == {"database": True, "broker": True, "worker": False}
        broker.kill()
        assert readiness(web.url) == {"database": True, "broker": False, "worker": False}
        broker.start()
        assert readiness(web.url)["broker"]
