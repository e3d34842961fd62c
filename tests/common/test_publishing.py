"""The broker away: what was submitted is queued, and whoever submitted it does not wait."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port

pytestmark = pytest.mark.once

PUBLISH = """
import time, django
django.setup()
from webapp.common.running import publish
begun = time.monotonic()
publish(1, 0)
print(time.monotonic() - begun)
"""


@contextmanager
def nobody_listens() -> Iterator[int]:
    yield free_port()


@contextmanager
def nobody_answers() -> Iterator[int]:
    """A port whose queue of callers is full: connecting to it takes for ever."""
    with closing(socket.socket()) as server, closing(socket.socket()) as first, closing(socket.socket()) as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for caller in (first, second):
            caller.setblocking(False)
            caller.connect_ex(server.getsockname())
        yield server.getsockname()[1]


@pytest.mark.parametrize("broker", [nobody_listens, nobody_answers])
def test_submitting_takes_less_than_two_seconds(broker: object, tmp_path: Path) -> None:
    assert callable(broker)
    with broker() as port:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "WINNOW_DATA": str(tmp_path),
        }
        command = [sys.executable, "-c", PUBLISH]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 2
    assert "the broker did not answer" in done.stderr
