"""Programs of a benchmark, with what they took: wall time, processor time, memory."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.servers import ROOT


class Run(NamedTuple):
    """What a program printed, how long it took (wall, processor), and the most memory it had, in MB."""

    output: str
    seconds: float
    processor_seconds: float
    peak_mb: float


def measure(arguments: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run Python with these arguments to its end. Raises RuntimeError with its last words if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}: {output[-500:]}")
    seconds = time.perf_counter() - started
    return Run(output, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
