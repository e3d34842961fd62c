"""Real server processes for tests: started on free ports or sockets, with logs, and stopped by pid.

Every class is a context manager. `Server.stop` asks (SIGTERM), `Server.kill` does not (SIGKILL); both may be followed
by `Server.start`, which comes back on the same port with the same data.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from webapp.common.broker import BrokerUnavailable, find_server

ROOT = Path(__file__).resolve().parent.parent


class ServerFailed(Exception):
    """A server did not come up or did not go down; the message holds the end of its log."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_ports(count: int) -> list[int]:
    """Return so many different ones."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def port_answers(port: int) -> bool:
    """Say whether something on 127.0.0.1 accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], object], *, seconds: float = 30, what: str = "the condition") -> None:
    """Poll until `condition` holds.

    Raises:
        TimeoutError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.05)


class Server:
    """One process in a session of its own, its output in `folder/name.log`."""

    name = "server"
    start_seconds = 30.0
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = dict(os.environ if environment is None else environment)
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        """Return the command line."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Say whether the server answers."""
        raise NotImplementedError

    @property
    def log_path(self) -> Path:
        """Where the output of this server goes; a restart appends."""
        return self.folder / f"{self.name}.log"

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def pid(self) -> int:
        """The pid of the running process."""
        if self.process is None:
            raise ServerFailed(f"{self.name} is not running")
        return self.process.pid

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def children(self) -> list[psutil.Process]:
        """Return the processes that this one has started, grandchildren too."""
        return psutil.Process(self.pid).children(recursive=True)

    def start(self, *, wait: bool = True) -> Self:
        """Start the process and, unless told otherwise, wait until it answers."""
        with self.log_path.open("ab") as output:
            self.process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self._user(),
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + self.start_seconds
        while not self.is_ready():
            if self.process is None or self.process.poll() is not None:
                raise ServerFailed(f"{self.name} ended while starting:\n{self.log[-3000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServerFailed(f"{self.name} was not ready in {self.start_seconds:g} s:\n{self.log[-3000:]}")
            time.sleep(0.05)

    def stop(self, *, seconds: float = 30) -> None:
        """Ask the process to end and wait for it; kill it when it does not."""
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"{self.name} did not end within {seconds:g} s:\n{self.log[-3000:]}") from None
        self._forget()

    def kill(self) -> None:
        """Kill the process and everything that it has started, at once."""
        if self.process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in self.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        self.process.kill()
        self.process.wait(10)
        self._forget()

    def suspend(self) -> None:
        """Freeze the process and its children (SIGSTOP)."""
        for process in (psutil.Process(self.pid), *self.children()):
            process.suspend()

    def resume(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        for process in (*self.children(), psutil.Process(self.pid)):
            process.resume()

    def _user(self) -> str | None:
        return None

    def _forget(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)  # what is left of its session
        self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.runs:
            self.stop()
        else:
            self._forget()


class RedisServer(Server):
    """A Redis or Valkey server on a port of its own; it keeps its queue on disk unless told otherwise."""

    name = "redis"

    def __init__(self, folder: Path, *, persistent: bool = True) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.persistent = persistent

    @property
    def url(self) -> str:
        """Its address, for REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        keep = "yes" if self.persistent else "no"
        return [
            *(find_server(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
            *("--appendonly", keep, "--save", "", "--maxmemory-policy", "noeviction"),
        ]

    def is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


class PostgresServer(Server):
    """A PostgreSQL cluster of its own, user postgres without a password, in a folder that its user may enter."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, keeps data

    def __init__(self) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="winnow-pg-")), {**os.environ, "LC_ALL": "C.UTF-8"})
        self.port = free_port()
        if user := self._user():
            owner = pwd.getpwnam(user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)

    def url(self, database: str = "postgres") -> str:
        """The address of a database, for DATABASE_URL."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Create a database and return its address."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def command(self) -> list[str]:
        self._create_cluster()
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [postgres_program("postgres"), "-D", str(self.folder / "data"), *settings]

    def is_ready(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_cluster(self) -> None:
        if (self.folder / "data").exists():
            return
        command = [postgres_program("initdb"), "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust"]
        made = subprocess.run(
            [*command, "-E", "UTF8", "--no-sync"], user=self._user(), cwd="/", capture_output=True, env=self.environment
        )
        if made.returncode:
            raise ServerFailed(f"initdb failed:\n{made.stderr.decode()}")

    def _user(self) -> str | None:
        """PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in known else "nobody"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        shutil.rmtree(self.folder, ignore_errors=True)


def postgres_program(name: str) -> str:
    """Return the path of a PostgreSQL server program, which Debian keeps off PATH; "" where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return shutil.which(name) or (str(found[-1]) if found else "")


def redis_is_installed() -> bool:
    """Say whether a RedisServer can be started here."""
    try:
        return bool(find_server())
    except BrokerUnavailable:
        return False


def chromium_path() -> str:
    """Return the browser to test with; "" where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), "")
