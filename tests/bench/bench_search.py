"""How fast the search index is built, and how fast it answers, on SQLite and, where it is installed, on PostgreSQL.

python -m tests.bench.bench_search [--rows 100000] [--task smoltalk]

--task takes real conversations (the first 100,000 rows of a task's train split) instead of made ones.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.bench_import import write_made, write_real
from tests.bench.running import measure, table
from tests.installation import Installation
from tests.servers import PostgresServer, postgres_program

Answers = dict[str, tuple[str, float]]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--task", default="")
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as name, ExitStack() as stack:
        file = Path(name) / "conversations.jsonl"
        write_real(file, options.task) if options.task else write_made(file, options.rows)
        databases = {"SQLite": ""}
        if postgres_program("initdb"):
            databases["PostgreSQL"] = stack.enter_context(PostgresServer()).create_database("bench_search")
        results = {title: _measure(Path(name) / title, file, url) for title, url in databases.items()}
    print(table(("", *results), list(_lines(results))))


def _measure(folder: Path, file: Path, url: str) -> dict[str, Any]:
    winnow = Installation(folder, database_url=url) if url else Installation(folder)
    winnow.manage("migrate", "--verbosity", "0")
    job = json.loads(measure(["manage.py", "import_jsonl", str(file), "--json"], winnow.environment).output)
    index = json.loads(measure(["manage.py", "continue_job", str(job["id"] + 1), "--json"], winnow.environment).output)
    answers: Answers = json.loads(measure(["-m", "tests.bench.search_times"], winnow.environment).output)
    return {"rows": index["done"], "rate": index["done"] / index["seconds_worked"], "answers": answers}


def _lines(results: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    yield ["conversations", *(f"{one['rows']:,}" for one in results.values())]
    yield ["indexed a second", *(f"{one['rate']:,.0f}" for one in results.values())]
    for name in next(iter(results.values()))["answers"]:
        cells = [one["answers"][name] for one in results.values()]
        yield [name, *(f"{time:,.1f} ms ({found} found)" if found else f"{time:,.0f} ms" for found, time in cells)]


if __name__ == "__main__":
    main()
