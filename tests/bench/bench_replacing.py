"""How fast find and replace looks, replaces and puts back, on SQLite, with the search index following.

python -m tests.bench.bench_replacing [--rows 50000]

Two letters are replaced by a word wherever an answer holds them: that is most conversations, in several places each.
"""

import argparse
import json
import tempfile
from pathlib import Path

from tests.bench.bench_import import write_made
from tests.bench.running import measure, table
from tests.installation import Installation


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as name:
        file = Path(name) / "conversations.jsonl"
        write_made(file, options.rows)
        winnow = Installation(Path(name) / "data")
        winnow.manage("migrate", "--verbosity", "0")
        job = json.loads(measure(["manage.py", "import_jsonl", str(file), "--json"], winnow.environment).output)
        measure(["manage.py", "continue_job", str(job["id"] + 1), "--json"], winnow.environment)
        times = json.loads(measure(["-m", "tests.bench.replacing_times"], winnow.environment).output)
    lines = [
        [title, f"{rows:,}", f"{rows / seconds:,.0f}", f"{rows / processor:,.0f}"]
        for title, rows, seconds, processor in times
    ]
    print(table(("find and replace", "conversations", "a second", "a second of the processor"), lines))


if __name__ == "__main__":
    main()
