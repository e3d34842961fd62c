"""`make run`, without the installing: what it starts, what it says, what it does about dead processes, how it ends."""

import contextlib
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.installation import Installation
from tests.servers import Server, free_port, port_answers, wait_until
from webapp.common.broker import broker_is_running

pytestmark = [pytest.mark.once, pytest.mark.faults]


class Run(Server):
    """scripts/run.py on a port of its own."""

    name = "run"
    start_seconds = 60.0

    def __init__(self, installation: Installation) -> None:
        self.port = free_port()
        self.data = installation.data
        super().__init__(installation.folder, {**installation.environment, "PORT": str(self.port)})

    def command(self) -> list[str]:
        return [sys.executable, "scripts/run.py"]

    def is_ready(self) -> bool:
        return "Winnow runs at" in self.log

    def parts(self) -> dict[str, int]:
        """The pids of the processes that it watches over, by what they are."""
        words = {"gunicorn": "web", "worker": "worker", "beat": "beat", "redis-server": "broker", "valkey": "broker"}
        found: dict[str, int] = {}
        for process in psutil.Process(self.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # a zombie counts as gone
                line = " ".join(process.cmdline())
                found |= {name: process.pid for word, name in words.items() if word in line}
        return found

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return True


def refusal(environment: dict[str, str]) -> str:
    ran = subprocess.run(
        [sys.executable, "scripts/run.py"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    return ran.stderr


def test_a_first_start_prints_a_link_that_works_and_a_second_one_has_the_same_data(embedded: Installation) -> None:
    with Run(embedded) as run:
        wait_until(run.answers, what="readiness")
        link = re.search(r"with this link: (\S+)", run.log)
        assert link
        assert link[1].startswith(f"http://127.0.0.1:{run.port}/")
        with urllib.request.urlopen(link[1]) as page:
            assert page.status == 200
    assert not port_answers(run.port)
    assert not broker_is_running(run.data)
    assert "Traceback" not in "".join(path.read_text() for path in (run.data / "log").iterdir())


def test_every_process_that_is_killed_comes_back(embedded: Installation) -> None:
    with Run(embedded) as run:
        wait_until(run.answers, what="readiness")
        before = run.parts()
        assert set(before) == {"web", "worker", "beat", "broker"}
        for pid in before.values():
            psutil.Process(pid).kill()
        wait_until(lambda: set(run.parts()) == set(before) and run.answers(), seconds=60, what="readiness again")
        assert not set(before.values()) & set(run.parts().values())
        started = [psutil.Process(pid) for pid in run.parts().values()]
    assert not any(process.is_running() for process in started)


def test_a_busy_port_a_wrong_port_and_a_second_run_are_refused_with_a_hint(embedded: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal({**embedded.environment, "PORT": str(port)})
    assert f"Port {port} is in use." in said
    assert f"make run PORT={port + 1}" in said
    assert "PORT must be a number from 1 to 65535, not '80a'" in refusal({**embedded.environment, "PORT": "80a"})
    with embedded.broker():
        said = refusal({**embedded.environment, "PORT": str(free_port())})
    assert f"Winnow already runs on {embedded.data}." in said


def test_a_setting_that_cannot_be_used_stops_the_start(embedded: Installation) -> None:
    said = refusal({**embedded.environment, "PORT": str(free_port()), "UPLOAD_LIMIT_MB": "lots"})
    assert "UPLOAD_LIMIT_MB" in said
    assert not Path(embedded.data / "winnow.sqlite3").exists()


def test_production_brings_no_broker_of_its_own(production: Installation) -> None:
    with Run(production) as run:
        wait_until(run.answers, what="readiness")
        assert set(run.parts()) == {"web", "worker", "beat"}
        assert not (run.data / "broker").exists()
