"""How long the server takes for what the review screen asks, with 100,000 conversations in the queue.

python -m tests.bench.bench_review [--rows 100000] [--database postgres://...]

Whole answers as the script of the screen gets them, the median of 41, in milliseconds of the clock and of the
processor; ten other reviewers hold the items at the head of the queue. Conversations of 4 turns and 1.8 KB. The
database that is named must be empty.
"""

import argparse
import json
import tempfile
from pathlib import Path

from tests.bench.running import measure, table
from tests.installation import Installation

GOAL_MS = 15
GOALS = {"sync: one decision": GOAL_MS, "items: five new ones": GOAL_MS}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", default="")
    chosen = parser.parse_args()
    found = _measure(chosen.rows, chosen.database)
    rows = [[name, f"{wall:.1f}", f"{own:.1f}", str(GOALS.get(name, ""))] for name, (wall, own) in found.items()]
    print(f"{chosen.rows:,} conversations in the queue.\n")
    print(table(("request", "clock, ms", "processor, ms", "goal, ms"), rows))


def _measure(rows: int, database: str) -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        winnow = Installation(Path(folder), database_url=database)
        winnow.manage("migrate", "--verbosity", "0")
        output = measure(["-m", "tests.bench.review_calls", str(rows)], winnow.environment).output
        times: dict[str, tuple[float, float]] = json.loads(output)
        return times


if __name__ == "__main__":
    main()
