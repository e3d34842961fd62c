"""How long the server takes for a page of the list, beside paging by OFFSET and COUNT(*) over the same rows.

python -m tests.bench.bench_list [--rows 50000 500000]

Whole answers of the page as a browser gets it, the median of 7, in milliseconds of the processor: first / middle /
last page. The other paging is measured without the page around it: only its queries.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.running import measure, table
from tests.installation import Installation

GOAL_MS = 30
HEAD = ("filter", "found", "first / middle / last, ms", "growth", "OFFSET and COUNT, ms", "growth")
Pages = dict[str, dict[str, Any]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 500_000])
    sizes = sorted(parser.parse_args().rows)
    results = [_measure(size) for size in sizes]
    print(f"Server time of a page at {sizes[-1]:,} conversations; growth: of the slowest page since {sizes[0]:,}.\n")
    print(table(HEAD, list(_lines(results[0], results[-1]))))
    slowest = max(max(one["ours"]) for one in results[-1].values())
    print(f"\nThe goal is {GOAL_MS} ms; the slowest page took {slowest:.1f} ms.")


def _measure(rows: int) -> Pages:
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        winnow = Installation(Path(folder))
        winnow.manage("migrate", "--verbosity", "0")
        pages: Pages = json.loads(measure(["-m", "tests.bench.list_pages", str(rows)], winnow.environment).output)
        return pages


def _lines(small: Pages, large: Pages) -> Iterator[list[str]]:
    for name, one in large.items():
        yield [
            name,
            one["found"],
            _three(one["ours"]),
            _growth(small[name]["ours"], one["ours"]),
            _three(one["naive"]),
            _growth(small[name]["naive"], one["naive"]),
        ]


def _three(times: list[float]) -> str:
    return " / ".join(f"{time:.1f}" for time in times)


def _growth(small: list[float], large: list[float]) -> str:
    return f"{max(large) / max(small):.1f} ×"


if __name__ == "__main__":
    main()
