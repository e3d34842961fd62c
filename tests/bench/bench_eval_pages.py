"""How long the server takes for the pages of evaluations, with two runs over 14,042 multiple-choice questions.

python -m tests.bench.bench_eval_pages

Whole answers as a browser gets them, the median of 7, in milliseconds of the processor. On made questions, and with
TASKS_CORE_HUB on those of MMLU.
"""

import json
import os
import tempfile
from pathlib import Path

from tests.bench.running import measure, table
from tests.installation import Installation

GOAL_MS = 50


def main() -> None:
    """Print the table."""
    texts = ["made", *(["real"] if os.environ.get("TASKS_CORE_HUB") else [])]
    found = {text: _measure(text) for text in texts}
    rows = [[name, *(f"{found[text][name]:.1f}" for text in texts)] for name in found[texts[0]]]
    print(table(("page", *(f"{text}, ms" for text in texts)), rows))
    slowest = max(max(times.values()) for times in found.values())
    print(f"\nThe goal is {GOAL_MS} ms; the slowest page took {slowest:.1f} ms.")


def _measure(text: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        winnow = Installation(Path(folder))
        winnow.manage("migrate", "--verbosity", "0")
        times: dict[str, float] = json.loads(measure(["-m", "tests.bench.eval_pages", text], winnow.environment).output)
        return times


if __name__ == "__main__":
    main()
