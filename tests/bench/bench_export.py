"""How fast an export is, until the file stands in its place and until it has been read back, beside a naive one.

python -m tests.bench.bench_export [--rows 200000] [--memory] [--task smoltalk]

--memory compares the peak memory of 100,000 and 1,000,000 conversations (minutes, 8 GB of disk); --task also exports
real conversations (the first 100,000 rows of a task's train split).
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.bench_import import write_made, write_real
from tests.bench.running import Run, measure, table
from tests.installation import Installation

GOAL = 75_000
FORMATS = ("jsonl", "jsonl.gz", "jsonl.zst")
HEAD = ("export", "conversations", "MB", "a second", "reading back, a second", "processor, s", "peak memory, MB")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--task", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        print(table(HEAD, list(_rows(Path(folder), options))))
    print(f"\nThe goal is {GOAL:,} a second, plain, in mixture order, until the file stands synced in its place.")


def _rows(folder: Path, options: argparse.Namespace) -> Iterator[list[str]]:
    file = folder / "import.jsonl"
    write_made(file, options.rows)
    with _installation(folder, file) as winnow:
        for name in FORMATS:
            yield _line(f"made, 4 turns, 1.8 KB, {name}", _export(winnow, name))
        naive = ["-m", "tests.bench.naive_export", str(folder / "naive.jsonl")]
        yield _line("the same by model instances and json, unchecked", measure(naive, winnow.environment))
    if options.task:
        write_real(file, options.task)
        with _installation(folder, file) as winnow:
            yield _line(f"{options.task} train, jsonl", _export(winnow, "jsonl"))
    for rows in (100_000, 1_000_000) if options.memory else ():
        write_made(file, rows)
        with _installation(folder, file) as winnow:
            yield _line(f"made, {rows:,}, jsonl", _export(winnow, "jsonl"))


def _export(winnow: Installation, name: str) -> Run:
    return measure(["-m", "tests.bench.timed_export", name], winnow.environment)


def _line(title: str, run: Run) -> list[str]:
    found = json.loads(run.output)
    lines = found["lines"]
    read = f"{lines / found['read']:,.0f}" if "read" in found else "–"
    numbers = [f"{lines:,}", f"{found['size'] / 1e6:,.0f}", f"{lines / found['write']:,.0f}", read]
    return [title, *numbers, f"{run.processor_seconds:.1f}", f"{run.peak_mb:,.0f}"]


@contextmanager
def _installation(folder: Path, file: Path) -> Iterator[Installation]:
    """A Winnow that has imported a file."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        winnow = Installation(Path(data))
        winnow.manage("migrate", "--verbosity", "0")
        measure(["manage.py", "import_jsonl", str(file), "--json"], winnow.environment)
        yield winnow


if __name__ == "__main__":
    main()
