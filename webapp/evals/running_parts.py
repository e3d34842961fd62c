"""Running a python part of a turn, and comparing what comes of it with the output that stands beside it.

A tool's output is what the code prints and, as in a console, the value of its last expression: GSM8K's calculator
parts are nothing but one (`48/2`). The code runs in the sandbox and nowhere else.
"""

import fcntl
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings

from tasks_core.sandbox import Outcome, Verdict, shared_sandbox
from webapp.common.errors import Conflict, TooLarge
from webapp.conversations.diffs import diff_text

MOST_CODE, MOST_OUTPUT = 20_000, 20_000

# The last line of a program is looked at inside, where nothing can be harmed by an odd one.
_PROGRAM = """
import ast as _ast
_tree = _ast.parse({code!r}, "<code>")
_last = _ast.Expression(_tree.body.pop().value) if _tree.body and isinstance(_tree.body[-1], _ast.Expr) else None
exec(compile(_tree, "<code>", "exec"))
if _last is not None:
    _value = eval(compile(_last, "<code>", "eval"))
    if _value is not None:
        print(_value)
"""


class Result(StrEnum):
    """How a run compares."""

    SAME = "same"
    DIFFERS = "differs"
    # There is no output to compare it with.
    RAN = "ran"
    FAILED = "failed"
    TIMEOUT = "timeout"
    # No sandbox here, or it broke: this says nothing about the code.
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class PartRun:
    """What came of it: a sentence for people, what the code gave, and where it differs, in pieces (mark, text)."""

    result: Result
    words: str
    output: str = ""
    seconds: float = 0.0
    pieces: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a script gets it."""
        return {
            "result": self.result.value,
            "words": self.words,
            "output": self.output,
            "seconds": round(self.seconds, 2),
            "diff": [list(piece) for piece in self.pieces],
        }


_FAILURES = {
    Outcome.MEMORY: "It needs too much memory.",
    Outcome.OUTPUT: "It prints more than a megabyte.",
    Outcome.EARLY_EXIT: "It ended its process by itself.",
    Outcome.NO_CODE: "There is no code.",
}


def run_part(code: str, expected: str | None, *, user_id: int) -> PartRun:
    """Run the code and compare its output with `expected` (None: there is nothing to compare with).

    Raises TooLarge for too much code, Conflict while another run of the same user has not ended.
    """
    if len(code) > MOST_CODE:
        raise TooLarge(f"Only code of at most {MOST_CODE:,} characters is run here.")
    if not code.strip():
        return PartRun(Result.FAILED, _FAILURES[Outcome.NO_CODE])
    with _one_at_a_time(user_id):
        verdict = shared_sandbox().run(_PROGRAM.format(code=code))
    return _judged(verdict, expected)


@contextmanager
def _one_at_a_time(user_id: int) -> Iterator[None]:
    """A lock of the file system: web servers have several processes, and it is free again when one dies."""
    folder = settings.WINNOW_DATA / "running"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{user_id}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict("Your last run has not ended yet. It ends after 5 seconds at the latest.") from None
        yield


def _judged(verdict: Verdict, expected: str | None) -> PartRun:
    output = verdict.output[:MOST_OUTPUT]
    output = output.removesuffix("\n")
    if verdict.outcome == Outcome.INFRASTRUCTURE:
        return PartRun(Result.UNAVAILABLE, f"Code cannot be run here: {verdict.detail}")
    if verdict.outcome == Outcome.TIMEOUT:
        return PartRun(Result.TIMEOUT, "It was stopped after 5 seconds.", output, verdict.seconds)
    if not verdict.passed:
        words = _FAILURES.get(verdict.outcome) or verdict.detail or "It failed."
        return PartRun(Result.FAILED, words, output, verdict.seconds)
    return _compared(output, expected, verdict.seconds)


def _compared(output: str, expected: str | None, seconds: float) -> PartRun:
    if expected is None:
        return PartRun(Result.RAN, "It ran. There is no output beside it to compare with.", output, seconds)
    if output.strip() == expected.strip():
        return PartRun(Result.SAME, "The same output.", output, seconds)
    as_numbers = same_numbers(output, expected)
    if as_numbers:
        return PartRun(Result.SAME, as_numbers, output, seconds)
    pieces = tuple((piece.mark, piece.text) for piece in diff_text(expected, output))
    return PartRun(Result.DIFFERS, "Another output than the one that stands there.", output, seconds, pieces)


def same_numbers(output: str, expected: str) -> str:
    """How two outputs are the same number ("24.0" and "24", "0.3333" and ".33"), in words; "" where they are not."""
    first, second = _number(output), _number(expected)
    if first is None or second is None:
        return ""
    if math.isclose(first, second, rel_tol=1e-9):
        return "The same number, written in another way."
    places = len(expected.strip().partition(".")[2])
    if places and math.isclose(round(first, places), second, rel_tol=1e-9):
        return f"The same number, rounded to {places} decimal place{'s' if places > 1 else ''}."
    return ""


def _number(text: str) -> float | None:
    try:
        number = float(text.strip().replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
