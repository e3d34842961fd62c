"""How fast `manage.py import_jsonl` is, from file to listed and decidable, beside what bulk_create reaches.

python -m tests.bench.bench_import [--rows 200000] [--memory] [--task smoltalk]

--memory compares the peak memory of 100,000 and 1,000,000 conversations (minutes, 8 GB of disk); --task also imports
real conversations (the first 100,000 rows of a task's train split).
"""

import argparse
import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from tasks_core.registry import build
from tests.bench.running import Run, measure, table
from tests.installation import Installation

GOAL = 20_000
NAIVE_ROWS = 20_000
REAL_ROWS = 100_000
TURNS, TURN_CHARACTERS = 4, 430
HEAD = ("import", "conversations", "a second", "whole command, s", "processor, s", "peak memory, MB")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--task", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        print(table(HEAD, list(_rows(Path(folder), options))))
    print(f"\nThe goal is {GOAL:,} a second. The first run of a table warms nothing up: each has a new database.")


def _rows(folder: Path, options: argparse.Namespace) -> Iterator[list[str]]:
    made = folder / "made.jsonl"
    write_made(made, options.rows)
    yield _import(folder, made, "made, 4 turns, 1.8 KB")
    yield _naive(folder, made)
    if options.task:
        real = folder / "real.jsonl"
        write_real(real, options.task)
        yield _import(folder, real, f"{options.task} train")
    for rows in (100_000, 1_000_000) if options.memory else ():
        write_made(made, rows)
        yield _import(folder, made, f"made, {rows:,}", index=False)


def _import(folder: Path, file: Path, title: str, *, index: bool = True) -> list[str]:
    with _installation(folder) as winnow:
        run = measure(["manage.py", "import_jsonl", str(file), "--json"], winnow.environment)
        job = json.loads(run.output)
        rows = job["result"]["accepted"]
        line = _line(title, rows, job["seconds_worked"], run)
        if index:  # the job that the import has queued
            indexed = measure(["manage.py", "continue_job", str(job["id"] + 1), "--json"], winnow.environment)
            line[2] += f" (search index {rows / json.loads(indexed.output)['seconds_worked']:,.0f})"
        return line


def _naive(folder: Path, file: Path) -> list[str]:
    with _installation(folder) as winnow:
        run = measure(["-m", "tests.bench.naive_import", str(file), str(NAIVE_ROWS)], winnow.environment)
        return _line("the same by json.loads and bulk_create", NAIVE_ROWS, float(run.output), run)


def _line(title: str, rows: int, seconds: float, run: Run) -> list[str]:
    numbers = [f"{rows:,}", f"{rows / seconds:,.0f}", f"{run.seconds:.1f}", f"{run.processor_seconds:.1f}"]
    return [title, *numbers, f"{run.peak_mb:,.0f}"]


@contextmanager
def _installation(folder: Path) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(dir=folder) as data:
        winnow = Installation(Path(data))
        winnow.manage("migrate", "--verbosity", "0")
        yield winnow


def write_made(path: Path, rows: int) -> None:
    """Conversations of four turns, 1.8 KB each, all different, of ordinary words."""
    chance = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgk"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(20_000)]
    texts = [" ".join(chance.choices(words, k=80))[:TURN_CHARACTERS] for _ in range(2000)]
    with path.open("w") as file:
        for row in range(rows):
            turns = [
                {"role": ("user", "assistant")[turn % 2], "content": f"{row} {texts[(row * 7 + turn * 13) % 2000]}"}
                for turn in range(TURNS)
            ]
            file.write(json.dumps({"messages": turns}, separators=(",", ":")) + "\n")


def write_real(path: Path, task: str) -> None:
    """The first rows of a task, as JSON Lines."""
    with path.open("w") as file:
        for row in islice(build(task, split="train"), REAL_ROWS):
            file.write(json.dumps({"messages": row["messages"]}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
