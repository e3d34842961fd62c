"""How many questions a second an evaluation asks, beside a plain client on the same stand-in server, in one run.

python -m tests.bench.bench_eval [--questions 4000] [--rounds 3]

The server answers after a fixed time and takes so many questions at once; the rate is what it has seen: questions
between the first and the last one by its own clock. Winnow is the shipped command with every check on (claims, leases,
scoring, results, answers and counts in the database); once at once in the foreground, once by two workers.
The plain client (direct_client.py) reads the replies and throws them away. Left out: the start of the programs, and
choosing what to ask, and the probe at the start of a run.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.bench.running import table
from tests.installation import Installation
from tests.servers import ROOT
from tests.standin import StandIn

GOAL = 0.95
#: Milliseconds that an answer takes, and questions at once.
SETTINGS = ((50, 8), (100, 32), (20, 16))
HEAD = ("text, ms an answer, at once", "direct, a second", "command, a second", "of direct", "workers", "of direct")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        rows = list(_measure(Path(folder), given.questions, given.rounds))
    print(f"{given.questions:,} questions; the median of {given.rounds} rounds, the three in turn in each round.\n")
    print(table(HEAD, rows))
    print(f"\nThe goal is {GOAL:.0%} of direct.")


def _measure(folder: Path, questions: int, rounds: int) -> Iterator[list[str]]:
    for text in ["made", *(["real"] if os.environ.get("TASKS_CORE_HUB") else [])]:
        for milliseconds, at_once in SETTINGS:
            place = folder / f"{text}-{milliseconds}-{at_once}"
            server = StandIn(place, latency_ms=milliseconds, parallel=at_once, rule="letters")
            with server, _winnow(place, server) as one:
                source = one.source(text, questions)
                one.questions = questions
                direct, command, workers = zip(*(one.round(source, at_once) for _ in range(rounds)), strict=True)
                base = statistics.median(direct)
                name = f"{text}, {milliseconds} ms, {at_once}"
                yield [name, f"{base:,.0f}", *_beside(command, base), *_beside(workers, base)]


def _beside(rates: tuple[float, ...], base: float) -> list[str]:
    rate = statistics.median(rates)
    return [f"{rate:,.0f}", f"{rate / base:.1%}"]


class _Winnow:
    """An installation with two workers, and the server that it asks."""

    def __init__(self, installation: Installation, server: StandIn) -> None:
        self.installation, self.server = installation, server
        self.started = self.questions = 0

    def source(self, text: str, questions: int) -> str:
        """Import what is asked about; the name of the source."""
        if text == "real":
            self.installation.manage("import_task", "mmlu", "--subset", "all", "--split", "test", "--name", "real")
            return "real"
        file = self.installation.folder / "made.jsonl"
        file.write_text("".join(f"{json.dumps(_made(number))}\n" for number in range(questions)))
        self.installation.manage("import_jsonl", str(file), "--name", "made")
        return "made"

    def round(self, source: str, at_once: int) -> tuple[float, float, float]:
        """The three rates; every answer is asked for anew."""
        command = self._rate(lambda: self._evaluate(source, at_once))
        bodies = self.server.stats()["bodies"]
        direct = self._rate(lambda: self._direct(bodies, self.questions, at_once))
        workers = self._rate(lambda: self._evaluate(source, at_once, "--queue"))
        return direct, command, workers

    def _rate(self, work: Any) -> float:
        self.server.reset()
        work()
        times = sorted(self.server.stats()["times"])[-self.questions :]  # without the probe at the start
        return float((len(times) - 1) / (times[-1] - times[0]))

    def _direct(self, bodies: list[Any], count: int, at_once: int) -> None:
        """The same number of the same bodies, as the server has seen them last."""
        wanted = {
            "address": self.server.address,
            "concurrency": at_once,
            "bodies": [bodies[number % len(bodies)] for number in range(count)],
        }
        command = [sys.executable, "-m", "tests.bench.direct_client"]
        subprocess.run(command, input=json.dumps(wanted), text=True, cwd=ROOT, check=True)

    def _evaluate(self, source: str, at_once: int, *more: str) -> None:
        self.started += 1
        name = f"endpoint {self.started}"  # of another model, so that no answer is in the store
        self._add_endpoint(name, at_once)
        arguments = [
            "eval",
            source,
            "--endpoint",
            name,
            "--max-tokens",
            "64",
            "--json",
            "--sample",
            str(self.questions),
            *more,
        ]
        job = json.loads(self.installation.manage(*arguments, seconds=600).stdout)
        self._wait(name)
        assert job["state"] in {"done", "queued"}

    def _add_endpoint(self, name: str, at_once: int) -> None:
        code = (
            "from webapp.evals.models import ModelEndpoint;"
            f"ModelEndpoint.objects.create(name={name!r}, address={self.server.address!r}, model={name!r},"
            f" concurrency={at_once})"
        )
        self.installation.manage("shell", "--verbosity", "0", "--command", code)

    def _wait(self, name: str) -> None:
        """Look once a second, without the weight of a command: the processors are what is measured."""
        database = f"file:{self.installation.data / 'winnow.sqlite3'}?mode=ro"
        question = (
            "SELECT state FROM evals_evalrun WHERE endpoint_id = (SELECT id FROM evals_modelendpoint WHERE name = ?)"
        )
        with closing(sqlite3.connect(database, uri=True, timeout=30)) as reader:
            while (state := reader.execute(question, [name]).fetchone()[0]) != "done":
                if state not in {"choosing", "running"}:
                    raise RuntimeError(f"the run is {state}")
                time.sleep(1)


def _made(number: int) -> list[dict[str, str]]:
    question = f"A farmer has {number} fields with {number % 7 + 2} rows each. How many rows are there in all?"
    answer = f"{number} times {number % 7 + 2} is {number * (number % 7 + 2)}.\n#### {number * (number % 7 + 2)}"
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


@contextmanager
def _winnow(folder: Path, server: StandIn) -> Iterator[_Winnow]:
    installation = Installation(folder / "winnow", settings={"LOG_LEVEL": "WARNING"})
    installation.manage("migrate", "--verbosity", "0")
    with installation.broker(), installation.worker(concurrency=2):
        yield _Winnow(installation, server)


if __name__ == "__main__":
    main()
