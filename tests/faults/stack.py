"""A whole Winnow on one of the two stacks, made to be broken: each process can be killed, stopped, started again."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.browsers import Browser
from tests.faults.holding import Holds
from tests.installation import BrokerServer, Installation, WebServer, WorkerServer
from tests.servers import ROOT, PostgresServer, RedisServer, Server, ServerFailed, free_ports, wait_until

#: `make faults` waits as long as a real installation does.
FULL_LENGTH = os.environ.get("FAULTS_AT_FULL_LENGTH") == "1"
SHORT_WAITS = {
    "JOB_LEASE_SECONDS": "2",
    "JOB_SLICE_SECONDS": "1",
    "JOB_SWEEP_SECONDS": "1",
    "JOB_REPUBLISH_SECONDS": "3",
    "HEARTBEAT_SECONDS": "1",
    "VISIBILITY_SECONDS": "5",
    "SQLITE_TIMEOUT_SECONDS": "1",
}
LEASE_SECONDS = 30 if FULL_LENGTH else 2
REPUBLISH_SECONDS = 60 if FULL_LENGTH else 3
#: Until a job whose worker was killed runs again: lease, sweep, a message's way; with room for a busy machine.
RECOVERY_SECONDS = 3 * LEASE_SECONDS + 30
#: Where the stand-ins for model servers of a stack listen: they must be known before it is started.
MODEL_PORT, OTHER_MODEL_PORT = free_ports(2)
SETTINGS = {
    **({} if FULL_LENGTH else SHORT_WAITS),
    "ENDPOINT_ADDRESSES": f"127.0.0.1:{MODEL_PORT},127.0.0.1:{OTHER_MODEL_PORT}",
    # A run of fewer than 100 questions calls nobody for help.
    "EVAL_WORKERS": "2",
    "SECRET_KEY": "only for tests, and long enough to be taken for a real one",
    "WEB_PROCESSES": "1",
    "PYTHONPATH": str(ROOT),
}
PATIENT = {"JOB_LEASE_SECONDS": "60"}
JOB_COLUMNS = ("state", "done", "total", "attempts", "fence", "error", "result", "lease_until", "published_at")


class FaultWorker(WorkerServer):
    """A worker that a test can hold at certain places; `prefix` is put before its command."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], *, name: str = "worker", prefix: Sequence[str] = ()
    ) -> None:
        self.name = name
        super().__init__(folder, environment)
        self.prefix = prefix

    def command(self) -> list[str]:
        return [*self.prefix, *("tests.faults.app" if word == "webapp" else word for word in super().command())]


@dataclass(frozen=True)
class JobRow:
    """A job as its row stands now."""

    state: str
    done: int
    total: int | None
    attempts: int
    fence: int
    error: str
    result: dict[str, Any]
    lease_until: Any
    published_at: Any


class Stack:
    """The processes of one installation, its database as a test reads it, and its people."""

    def __init__(self, installation: Installation, broker: Server, postgres: PostgresServer | None = None) -> None:
        self.installation = installation
        self.broker, self.postgres = broker, postgres
        self.holds = Holds(installation.data / "holds")
        self.web: WebServer = installation.web()
        self.worker = self.new_worker("worker")
        self.beat = installation.beat()
        self.others: list[FaultWorker] = []
        self.sessions: dict[str, str] = {}
        #: Sources that tests share, by the content of their files.
        self.sources: dict[str, int] = {}
        #: Where the worker's exports are, as this process sees them.
        self.exports = installation.data / "exports"

    @property
    def servers(self) -> list[Server]:
        """All that belongs to it, in the order of starting."""
        return [*([self.postgres] if self.postgres else []), self.broker, self.worker, self.beat, self.web]

    def set_up(self) -> None:
        """Bring the database up to date and log people in."""
        # PostgreSQL ends what rests in a transaction for longer than a lease: migrations do on a busy machine.
        patient = Installation(self.installation.folder, settings={**self.installation.environment, **PATIENT})
        patient.manage("migrate", "--verbosity", "0")
        made = subprocess.run(
            [sys.executable, "-m", "tests.faults.people"],
            cwd=ROOT,
            env=self.installation.environment,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise ServerFailed(f"nobody could be logged in:\n{made.stderr}")
        self.sessions = json.loads(made.stdout)

    def mend(self) -> None:
        """Make everything run again, with nothing left to do."""
        self.pass_freely()
        for server in self.servers:
            if not server.runs:
                server.start(wait=server in (self.postgres, self.broker))
        for server in self.servers:
            server.wait_ready()
        self.execute("UPDATE common_job SET state = 'cancelled' WHERE state IN ('queued', 'running')")
        wait_until(lambda: '"worker": true' in self.browser("alma").get("/readyz").text, what="a worker")

    def pass_freely(self) -> None:
        """End every hold, every limit and every worker besides the one."""
        self.exports = self.installation.data / "exports"
        self.holds.release()
        while self.others:
            with contextlib.suppress(ServerFailed):
                self.others.pop().kill()

    def new_worker(
        self, name: str, *, prefix: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> FaultWorker:
        """Another worker, not started."""
        merged = {**self.installation.environment, **(environment or {})}
        return FaultWorker(self.installation.folder, merged, name=name, prefix=prefix)

    def start_worker(self, name: str, *, wait: bool = True, **options: Any) -> FaultWorker:
        """Start another worker, for one test."""
        worker = self.new_worker(name, **options)
        self.others.append(worker)
        return worker.start(wait=wait)

    def browser(self, name: str = "cleo") -> Browser:
        """Somebody who is logged in: alma (administrator), cleo (curator), rosa and rolf (reviewers)."""
        return Browser(self.web.port, self.sessions[name])

    # The database, read past Winnow

    @contextlib.contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection of the test's own, committing each statement."""
        if self.postgres:
            address = self.installation.environment["DATABASE_URL"]
            with psycopg.connect(address, autocommit=True) as connection:
                yield connection
            return
        path = self.installation.data / "winnow.sqlite3"
        with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            yield connection

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement; `?` stands for a value."""
        with self.connection() as connection:
            text = statement.replace("?", "%s") if self.postgres else statement
            return list(connection.execute(text, values).fetchall())

    def value(self, statement: str, *values: object) -> Any:
        """The one value of a statement."""
        return self.query(statement, *values)[0][0]

    def execute(self, statement: str, *values: object) -> None:
        """Change something."""
        with self.connection() as connection:
            connection.execute(statement.replace("?", "%s") if self.postgres else statement, values)

    def job(self, job_id: int) -> JobRow:
        """The row of a job."""
        row = self.query(f"SELECT {', '.join(JOB_COLUMNS)} FROM common_job WHERE id = ?", job_id)[0]
        found = dict(zip(JOB_COLUMNS, row, strict=True))
        if isinstance(found["result"], str):
            found["result"] = json.loads(found["result"])
        return JobRow(**found)

    def wait_for_job(self, job_id: int, state: str = "done", *, seconds: float = RECOVERY_SECONDS) -> JobRow:
        """Wait until a job is in a state; any other end is an error."""
        self.poll(lambda: self.job(job_id).state in {state, "done", "failed", "cancelled"}, seconds, f"job: {state}")
        job = self.job(job_id)
        assert job.state == state, f"{job}\n{self.report()}"
        return job

    def wait_for_progress(self, job_id: int, share: float, *, seconds: float = RECOVERY_SECONDS) -> JobRow:
        """Wait until so much of a job is done."""

        def far_enough() -> bool:
            job = self.job(job_id)
            assert job.state not in {"done", "failed", "cancelled"}, f"too late for {share:.0%}: {job}"
            return bool(job.total) and job.done >= share * (job.total or 0)

        self.poll(far_enough, seconds, f"{share:.0%} of job {job_id}")
        return self.job(job_id)

    def poll(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for `condition`, looking often; says where the worker stood when it does not come."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds:g} s in vain for {what}\n{self.report()}")
            time.sleep(0.01)

    def report(self) -> str:
        """What may tell why something did not happen."""
        jobs = self.query(f"SELECT id, {', '.join(JOB_COLUMNS)} FROM common_job ORDER BY id DESC LIMIT 5")
        logs = [f"{worker.name}:\n{worker.log[-2000:]}" for worker in (self.worker, *self.others)]
        return "\n".join([*map(str, jobs), *map(str, self.query("SELECT * FROM common_heartbeat")), *logs])

    def wait_for_hold(self, place: str, *, seconds: float = RECOVERY_SECONDS) -> int:
        """Wait until a worker waits at `place`; returns the pid of its process."""
        self.poll(lambda: self.holds.pid_at(place) is not None, seconds, f"a worker at {place}")
        pid = self.holds.pid_at(place)
        assert pid
        return pid


def embedded_stack(folder: Path) -> Stack:
    """SQLite and the embedded broker, nothing started."""
    installation = Installation(folder, settings=SETTINGS)
    return Stack(installation, BrokerServer(folder, installation.environment))


def production_stack(folder: Path, postgres: PostgresServer) -> Stack:
    """PostgreSQL (running) and a Redis of its own, nothing else started."""
    redis = RedisServer(folder / "redis")
    database = postgres.create_database("winnow")
    installation = Installation(folder, database_url=database, redis_url=redis.url, settings=SETTINGS)
    return Stack(installation, redis, postgres)
