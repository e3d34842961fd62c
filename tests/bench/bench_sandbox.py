"""How fast HumanEval's solutions are judged by two workers: in warm sandboxes, and in a new one per job.

python -m tests.bench.bench_sandbox [--profile bubblewrap]

With TASKS_CORE_HUB the 164 solutions of HumanEval, otherwise as many made ones.
"""

import argparse
import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context

from tasks_core.common import Conversation
from tasks_core.humaneval import HumanEval, build_program, judge
from tasks_core.sandbox import Sandbox, choose_profile, runtime
from tasks_core.sandbox.profiles import BUBBLEWRAP, LANDLOCK
from tests.bench.running import table

ROWS = 164
WORKERS = 2
PROFILES = {"bubblewrap": BUBBLEWRAP, "landlock": LANDLOCK}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default=choose_profile().name)
    options, _ = parser.parse_known_args()
    rows = _rows()
    forms = {"warm, code and tests apart": _warm, "two new ones per job, code and tests apart": _new}
    if options.profile == "bubblewrap":
        forms["a new one per job, code and tests together"] = _together
    lines = []
    for title, form in forms.items():
        seconds, passed = _with_two_workers(form, rows, options.profile)
        lines.append([title, f"{seconds:.2f} s", f"{seconds / len(rows) * 1000:.0f} ms", f"{passed} of {len(rows)}"])
    print(table((f"{options.profile}, {WORKERS} workers", "all", "each", "passed"), lines))


def _rows() -> list[Conversation]:
    if os.environ.get("TASKS_CORE_HUB"):
        return list(HumanEval())
    return [_made(number) for number in range(ROWS)]


def _made(number: int) -> Conversation:
    prompt = f"def add(x):\n    return x + {number}\n"
    test = "def check(candidate):\n" + "".join(f"    assert candidate({one}) == {one + number}\n" for one in range(8))
    messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": prompt}]
    return {"messages": messages, "entry_point": "add", "test": test}


Form = Callable[[list[Conversation], str], int]


def _with_two_workers(form: Form, rows: list[Conversation], profile: str) -> tuple[float, int]:
    """Seconds with the sandboxes' start in them but without Python's own, and how many passed."""
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as workers:
        list(workers.map(time.sleep, [0.5] * WORKERS))
        started = time.perf_counter()
        passed = sum(workers.map(form, [rows[::2], rows[1::2]], repeat(profile)))
        return time.perf_counter() - started, passed


def _warm(rows: list[Conversation], profile: str) -> int:
    with Sandbox(profile=PROFILES[profile]) as sandbox:
        return sum(judge(row, row["messages"][1]["content"], sandbox=sandbox).passed for row in rows)


def _new(rows: list[Conversation], profile: str) -> int:
    return sum(_warm([row], profile) for row in rows)


def _together(rows: list[Conversation], profile: str) -> int:
    """The usual way: the whole program in one process, its exit code the verdict."""
    command = PROFILES[profile].command("candidate")
    walls = command.arguments[: len(command.arguments) - command.arguments[::-1].index("--")]
    programs = [build_program(row, row["messages"][1]["content"]) for row in rows]
    runs = [[*walls, runtime.python(), "-I", "-S", "-c", program] for program in programs]
    return sum(subprocess.run(run, user=command.user, env={}, cwd="/").returncode == 0 for run in runs)


if __name__ == "__main__":
    main()
