"""How code is judged by its tests: which outcome it has, and what the tests can use."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tasks_core.sandbox import Outcome, Sandbox, Verdict
from tests.tasks_core.attacks import SOLUTION, TEST
from tests.tasks_core.sandboxes import profiles

pytestmark = pytest.mark.once


@pytest.fixture(scope="module", params=profiles(), ids=lambda profile: profile.name)
def sandbox(request: Any) -> Iterator[Sandbox]:
    with Sandbox(profile=request.param) as made:
        yield made


def judge(sandbox: Sandbox, code: str, test: str = TEST, *, head: str = "") -> Verdict:
    return sandbox.judge(head=head, code=code, test=test, entry_point="f")


def checking(*lines: str) -> str:
    return "def check(candidate):\n" + "".join(f"    {line}\n" for line in lines)


def test_right_code_passes_and_the_verdict_says_in_what_walls(sandbox: Sandbox) -> None:
    verdict = judge(sandbox, "print('loaded')\n" + SOLUTION)
    assert verdict.passed
    assert (verdict.outcome, verdict.detail, verdict.output) == (Outcome.PASS, "", "loaded\n")
    assert verdict.profile == sandbox.profile.name
    assert 0 < verdict.seconds < 5


@pytest.mark.parametrize(
    ("code", "outcome", "detail"),
    [
        ("def f(x): return x + x", "assertion", "assert candidate(3) == 9"),
        ("def f(x): return x / 0", "exception", "ZeroDivisionError: division by zero (at assert candidate(2) == 4)"),
        ("def f(x): assert x > 5, 'small'", "exception", "AssertionError: small (at assert candidate(2) == 4)"),
        ("class E(Exception): pass\ndef f(x): raise E('a')", "exception", "E: a (at assert candidate(2) == 4)"),
        ("def f(x): raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
        ("def f(x): raise MemoryError", "memory", "MemoryError (at assert candidate(2) == 4)"),
        ("def f(x) return x", "exception", "SyntaxError: expected ':': def f(x) return x"),
        ("def f():\n    return 1", "exception", "TypeError: f() takes 0 positional arguments but 1 was given"),
        ("def g(x): return x * x", "exception", "NameError: name 'f' is not defined"),
        ("import no_such_module", "exception", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("f = 4", "exception", "NameError: name 'f' is not defined"),
        (" \n", "no_code", "There is no code."),
        ("#" * 1_000_001, "exception", "More than 1,000,000 characters of code."),
    ],
)
def test_outcomes_are_told_apart(sandbox: Sandbox, code: str, outcome: str, detail: str) -> None:
    verdict = judge(sandbox, code)
    assert (str(verdict.outcome), verdict.passed) == (outcome, False)
    assert verdict.detail.startswith(detail)


@pytest.mark.parametrize(
    ("test", "outcome", "detail"),
    [
        ("", "exception", "The tests do not define check."),
        ("def check(:", "exception", "In the tests: SyntaxError"),
        ("import os\nos._exit(0)", "early_exit", "The tests ended their process (exit code 0)."),
        ("import sys\nsys.exit(0)", "exception", "In the tests: SystemExit: 0"),
        (checking("nothing"), "exception", "In the tests: NameError: name 'nothing' is not defined (at nothing)"),
        (checking("while True: pass"), "timeout", "Not done after 1 s."),
        (checking("bytearray(4 << 30)"), "memory", "In the tests: MemoryError"),
        (checking("open('/etc/passwd')"), "exception", "In the tests: "),
        (checking("import os", "os.fork()"), "exception", "In the tests: PermissionError"),
    ],
)
def test_tests_are_not_trusted_either(sandbox: Sandbox, test: str, outcome: str, detail: str) -> None:
    with Sandbox(profile=sandbox.profile, seconds=1) as quick:
        verdict = judge(quick, SOLUTION, test)
        assert (str(verdict.outcome), verdict.passed) == (outcome, False)
        assert verdict.detail.startswith(detail)
        assert judge(quick, SOLUTION).passed


RAISES = checking("try:", "    candidate(-1)", "except ValueError as error:", "    assert str(error) == 'negative'")


def test_tests_may_expect_an_exception(sandbox: Sandbox) -> None:
    test = RAISES + "    else:\n        assert False\n    assert candidate(2) == 4\n"
    code = "class Negative(ValueError): pass\ndef f(x):\n    if x < 0: raise Negative('negative')\n    return x * x"
    assert judge(sandbox, code, test).passed
    assert judge(sandbox, SOLUTION, test).outcome is Outcome.ASSERTION


@pytest.mark.parametrize("code", ["import os\ndef f(x): os._exit(0)", "def f(x): raise SystemExit"])
@pytest.mark.parametrize("handler", ["except:", "except BaseException:", "finally:"])
def test_tests_that_catch_everything_do_not_catch_an_early_exit(sandbox: Sandbox, code: str, handler: str) -> None:
    end = "return" if handler == "finally:" else "pass"
    test = checking("try:", "    candidate(2)", handler, f"    {end}")
    assert judge(sandbox, code, test).outcome is Outcome.EARLY_EXIT
    assert judge(sandbox, SOLUTION, test).passed


def test_an_exception_of_the_code_does_not_end_a_loop_of_the_tests(sandbox: Sandbox) -> None:
    test = checking("assert all(map(lambda x: candidate(x) == x * x, range(3)))")
    assert judge(sandbox, SOLUTION, test).passed
    verdict = judge(sandbox, "def f(x): raise StopIteration", test)
    assert (verdict.outcome, verdict.detail.split(" ")[0]) == (Outcome.EXCEPTION, "StopIteration")


def test_tests_may_call_helpers_that_only_the_code_defines(sandbox: Sandbox) -> None:
    test = checking("assert candidate(helper(1, by=1)) == 4")
    assert judge(sandbox, SOLUTION + "def helper(x, by): return x + by", test).passed
    assert judge(sandbox, SOLUTION, test).detail.startswith("In the tests: NameError: name 'helper' is not defined")


def test_helpers_of_the_head_are_the_heads(sandbox: Sandbox) -> None:
    head = "def helper(x): return 2"
    test = checking("assert helper(1) == 2")
    assert judge(sandbox, f"{SOLUTION}def helper(x): return 3", test, head=head).passed
    assert judge(sandbox, "def f(x): return helper(x) * x", checking("assert candidate(5) == 10"), head=head).passed


def test_tests_may_use_what_the_head_imports(sandbox: Sandbox) -> None:
    head = "import math\nfrom typing import List"
    test = "empty: List[int] = []\n" + checking("assert math.isclose(f(2), 4.0)")
    assert judge(sandbox, "def f(x) -> List[int]: return math.pow(x, 2)", test, head=head).passed


def test_code_cannot_put_its_own_names_into_the_tests(sandbox: Sandbox) -> None:
    code = "def f(x): return 0\ndef check(candidate): pass\ndef abs(x): return 0\ndef known(x): return 0"
    assert judge(
        sandbox, code, "def known(x): return x\n" + checking("assert known(4) == 4 == abs(candidate(2))")
    ).detail
    assert judge(sandbox, code, "pass").detail == "The tests do not define check."


def test_tests_that_define_the_function_themselves_do_not_test_theirs(sandbox: Sandbox) -> None:
    assert judge(sandbox, "def f(x): return 0", f"{SOLUTION}\n{TEST}").outcome is Outcome.ASSERTION


def test_nothing_of_one_job_is_in_the_next(sandbox: Sandbox) -> None:
    spoil = "import builtins, json, sys\nbuiltins.sum = json.dumps = None\nsys.modules['math'] = None\nmark = 'AB'"
    assert sandbox.run(spoil + "\nprint('spoiled')").output == "spoiled\n"
    assert judge(sandbox, spoil + "\n" + SOLUTION).outcome is not Outcome.INFRASTRUCTURE
    assert judge(sandbox, "import math\ndef f(x): return sum([math.floor(x)] * x)").passed
    find = "import gc\nprint(any('A' + chr(66) == found for found in gc.get_objects() if type(found) is str))"
    assert sandbox.run(find).output == "False\n"


def test_what_the_code_prints_is_kept_up_to_a_length(sandbox: Sandbox) -> None:
    verdict = sandbox.run("import sys\nprint('a' * 100_000)\nprint('b', file=sys.stderr)")
    assert verdict.passed
    assert verdict.output == "a" * 64_000
    assert sandbox.run("import os\nos.write(1, b'\\xff\\x00')").output == "\ufffd\ufffd"
    assert sandbox.run("raise ValueError('a\\0\\ud800')").detail == "ValueError: a\ufffd?"
    assert judge(sandbox, SOLUTION, "print('of the tests')\n" + TEST).output == ""


@pytest.mark.parametrize(
    ("code", "outcome", "output", "detail"),
    [
        ("if __name__ == '__main__': print(1)", "pass", "1\n", ""),
        ("", "pass", "", ""),
        ("print(1)\n1 / 0", "exception", "1\n", "ZeroDivisionError: division by zero"),
        ("print(1)\nexit(3)", "early_exit", "1\n", "SystemExit: 3"),
        ("import os\nos.write(1, b'1')\nos._exit(3)", "early_exit", "1", "exit code 3"),
        ("x = [0] * (1 << 40)", "memory", "", "MemoryError"),
        ("import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: 'int' = 1\nprint(A())", "pass", "A(x=1)\n", ""),
    ],
)
def test_code_is_run_alone(sandbox: Sandbox, code: str, outcome: str, output: str, detail: str) -> None:
    verdict = sandbox.run(code)
    assert (str(verdict.outcome), verdict.output) == (outcome, output)
    assert detail in verdict.detail
    assert bool(detail) == bool(verdict.detail)


def test_threads_of_the_host_take_turns(sandbox: Sandbox) -> None:
    found: dict[int, list[Verdict]] = {}

    def work(number: int) -> None:
        code = f"def f(x): return x * x + {number}"
        found[number] = [judge(sandbox, code) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1, 0 - 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: {one.passed for one in verdicts} for number, verdicts in found.items()} == {
        0: {True}, 1: {False}, -1: {False},
    }  # fmt: skip


def test_threads_of_the_code_work(sandbox: Sandbox) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
def f(x):
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(lambda one: x, range(x)))
"""
    assert judge(sandbox, code).passed
