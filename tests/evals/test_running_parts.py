"""Python parts are run in the sandbox and compared with the output beside them."""

import fcntl

import pytest
from pytest_django import Settings

from tasks_core.sandbox import Outcome, Verdict, choose_profile
from webapp.common.errors import Conflict, TooLarge
from webapp.evals import running_parts
from webapp.evals.running_parts import MOST_CODE, PartRun, run_part, same_numbers

pytestmark = pytest.mark.once

needs_sandbox = pytest.mark.skipif(not choose_profile().works, reason="no sandbox here")


def ran(code: str, expected: str | None = None) -> PartRun:
    return run_part(code, expected, user_id=1)


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "expected", "result"),
    [
        ("48/2", "24", "same"),
        ("48/2", "25", "differs"),
        ("1/3", ".33", "same"),
        ("'strawberry'.count('r')", "3", "same"),
        ("print('a')\nprint('b')", "a\nb\n", "same"),
        ("print('a')\n'b'", "a\nb", "same"),
        ("x = 2\nx ** 10", "1024", "same"),
        ("def f(n):\n    return n + 1\n\nf(f(1))", "3", "same"),
        ("x = 1", "", "same"),
        ("sum(n for n in range(10) if n % 2)", "25", "same"),
        ("print('a')", "b", "differs"),
        ("2 + 2", None, "ran"),
        ("1/0", "1", "failed"),
        ("5%*20", "1", "failed"),
        ("import sys; sys.exit(0)", "", "failed"),
        ("   ", "", "failed"),
    ],
)
def test_running(code: str, expected: str | None, result: str) -> None:
    assert ran(code, expected).result == result


@needs_sandbox
def test_what_a_run_says() -> None:
    assert "ZeroDivisionError" in ran("1/0", "1").words
    assert "SyntaxError" in ran("5%*20", "1").words
    differs = ran("print('one two')", "one three").to_json()
    assert differs["output"] == "one two"
    assert ["removed", "three"] in differs["diff"]
    assert ["added", "two"] in differs["diff"]


@needs_sandbox
def test_code_that_does_not_end_is_stopped() -> None:
    found = ran("print('begun', flush=True)\nwhile True: pass", "1")
    assert (found.result, found.output) == ("timeout", "begun")


@needs_sandbox
def test_code_sees_nothing_of_this_machine() -> None:
    assert ran("open('/etc/hostname').read()", "").result == "failed"


def test_where_there_is_no_sandbox_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def run(self, code: str) -> Verdict:
            return Verdict(Outcome.INFRASTRUCTURE, "No sandbox works on this machine.")

    monkeypatch.setattr(running_parts, "shared_sandbox", Missing)
    found = ran("1", "1")
    assert found.result == "unavailable"
    assert "No sandbox works" in found.words


def test_too_much_code_and_two_at_once_are_refused(settings: Settings) -> None:
    with pytest.raises(TooLarge):
        ran("#" * (MOST_CODE + 1))
    folder = settings.WINNOW_DATA / "running"
    folder.mkdir(parents=True)
    with (folder / "1.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Conflict):
            ran("1")


@pytest.mark.parametrize(
    ("output", "expected", "same"),
    [
        ("24.0", "24", True),
        ("24", "24.0", True),
        ("1,000", "1000", True),
        ("0.666666", "0.67", True),
        ("0.666666", "1", False),
        ("0.66", "0.666", False),
        ("nan", "nan", False),
        ("x", "x", False),
        ("inf", "inf", False),
    ],
)
def test_numbers(output: str, expected: str, same: bool) -> None:
    assert bool(same_numbers(output, expected)) is same
