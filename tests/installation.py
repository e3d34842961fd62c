"""A whole Winnow for a test: its environment, its commands and its processes, with data of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from tests.servers import ROOT, Server, ServerFailed, free_port
from webapp.common.broker import socket_path

#: Variables of the surrounding run that must not leak into an installation of a test's own.
FOREIGN_VARIABLES = ("DATABASE_URL", "REDIS_URL", "WINNOW_DATA", "PORT", "HOST", "DJANGO_SETTINGS_MODULE")


class BrokerServer(Server):
    """The embedded broker of an installation (`manage.py broker`)."""

    name = "broker"

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "broker"]

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(socket_path(Path(self.environment["WINNOW_DATA"])))) == 0


class WebServer(Server):
    """The web server of an installation, on a port of its own."""

    name = "web"

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        super().__init__(folder, {**environment, "HOST": "127.0.0.1", "PORT": str(self.port)})

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "gunicorn", "webapp.wsgi"]

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class WorkerServer(Server):
    """A Celery worker of an installation."""

    name = "worker"

    def __init__(self, folder: Path, environment: Mapping[str, str], *, concurrency: int = 1) -> None:
        super().__init__(folder, environment)
        self.concurrency = concurrency
        self._starts = 0

    def start(self, *, wait: bool = True) -> Self:
        self._starts = self.log.count(" ready.") + 1
        return super().start(wait=wait)

    def command(self) -> list[str]:
        options = ["--pool", "prefork", "--concurrency", str(self.concurrency), "--loglevel", "INFO"]
        return [sys.executable, "-m", "celery", "-A", "webapp", "worker", *options, "-n", f"test{id(self)}@%h"]

    def is_ready(self) -> bool:
        return self.log.count(" ready.") >= self._starts


class BeatServer(Server):
    """The sweeper's clock of an installation."""

    name = "beat"

    def command(self) -> list[str]:
        schedule = self.folder / "beat-schedule"
        return [sys.executable, "-m", "celery", "-A", "webapp", "beat", "--loglevel", "INFO", "-s", str(schedule)]

    def is_ready(self) -> bool:
        return "beat: Starting" in self.log


class Installation:
    """A whole Winnow with data of its own: its environment, its commands and its processes.

    Embedded (SQLite, own broker) when no addresses are given, production (PostgreSQL, Redis) otherwise.
    """

    def __init__(
        self, folder: Path, *, database_url: str = "", redis_url: str = "", settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
        addresses = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        self.environment = {
            **kept,
            **{name: value for name, value in addresses.items() if value},
            "WINNOW_DATA": str(self.data),
            "PYTHONUNBUFFERED": "1",
            **(settings or {}),
        }

    @property
    def is_embedded(self) -> bool:
        """Whether it brings its own broker."""
        return "REDIS_URL" not in self.environment

    def manage(self, *arguments: str, seconds: float = 120, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command of this installation and return what it wrote."""
        command = [sys.executable, "manage.py", *arguments]
        ran = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )
        if check and ran.returncode:
            raise ServerFailed(f"manage.py {' '.join(arguments)} ended with {ran.returncode}:\n{ran.stderr[-3000:]}")
        return ran

    def broker(self) -> BrokerServer:
        """Return its embedded broker, not started."""
        return BrokerServer(self.folder, self.environment)

    def web(self) -> WebServer:
        """Return a web server, not started."""
        return WebServer(self.folder, self.environment)

    def worker(self, *, concurrency: int = 1) -> WorkerServer:
        """Return a worker, not started."""
        return WorkerServer(self.folder, self.environment, concurrency=concurrency)

    def beat(self) -> BeatServer:
        """Return the sweeper's clock, not started."""
        return BeatServer(self.folder, self.environment)

    @contextlib.contextmanager
    def running(self, *, worker: bool = True, beat: bool = True) -> Iterator[WebServer]:
        """Run all of it (database migrated, broker when embedded) and give the web server."""
        self.manage("migrate", "--verbosity", "0")
        with contextlib.ExitStack() as stack:
            if self.is_embedded:
                stack.enter_context(self.broker())
            if worker:
                stack.enter_context(self.worker())
            if beat:
                stack.enter_context(self.beat())
            yield stack.enter_context(self.web())
