"""The process that runs a row's tests and says how they ended; the code is in another one and is only called.

A verdict is "pass" when `check` has returned and for no other reason.
"""

import builtins
import traceback
import types
from collections.abc import Callable
from typing import Any

from .errors import Described, describe, revive
from .frames import GoneError, read_frame, write_frame
from .values import MalformedError, pack, unpack

__all__ = ["main"]

Names = dict[str, Any]

SPOILED = "The code wrote into the connection to its tests."


class Ended(BaseException):
    """The verdict is reached: no test may catch it."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(outcome, detail)
        self.outcome = outcome
        self.detail = detail


def main(feed: int, channel: int) -> None:
    """Read the tests from `feed`, run them against the code behind `channel`, write the verdict to `feed`."""
    job = read_frame(feed)
    ended = _verdict(job, Code(channel))
    write_frame(feed, {"outcome": ended.outcome, "detail": ended.detail[:500]})


class Code:
    """The code in the other process."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._calls = 0
        self.raised: Exception | None = None  # the last exception that came from there,
        self.raised_as: Described = ("", "", "")  # and what it was called there
        self.ended: Ended | None = None  # it cannot be called any more

    def names(self) -> list[str]:
        """What can be called there, once the code has run. Raises Ended where it did not come so far."""
        answer = self._read()
        if "error" in answer:
            raise self._end(*_of_error(_described(answer["error"])))
        names = answer.get("names")
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def function(self, name: str) -> Callable[..., Any]:
        """Return a function that calls the one of that name there."""

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(name, args, kwargs)

        call.__name__ = call.__qualname__ = name
        return call

    def _call(self, name: str, args: tuple[Any, ...], kwargs: Names) -> Any:
        if self.ended:
            raise self.ended
        self._calls += 1
        request = {"number": self._calls, "name": name, "args": pack(args), "kwargs": pack(kwargs)}
        try:
            write_frame(self._channel, request)
        except GoneError:
            raise self._end("early_exit", "") from None
        answer = self._read()
        if answer.get("number") != self._calls:
            raise self._end("exception", SPOILED)
        if "error" in answer:
            self._raise(_described(answer["error"]))
        try:
            return unpack(answer.get("value"))
        except MalformedError:
            raise self._end("exception", SPOILED) from None

    def _read(self) -> Names:
        try:
            answer = read_frame(self._channel)
        except GoneError:
            raise self._end("early_exit", "") from None
        except MalformedError:
            answer = None
        if not isinstance(answer, dict):
            raise self._end("exception", SPOILED)
        return answer

    def _raise(self, error: Described) -> None:
        if error[0] in ENDING:
            raise self._end(*_of_error(error))
        self.raised, self.raised_as = revive(error), error
        raise self.raised

    def _end(self, outcome: str, detail: str) -> Ended:
        self.ended = Ended(outcome, detail)
        return self.ended


ENDING = ("SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException")


def _described(answer: Any) -> Described:
    if isinstance(answer, list) and len(answer) == 3 and all(isinstance(one, str) for one in answer):
        return (answer[0], answer[1], answer[2])
    return ("Exception", "Exception", "")


def _of_error(error: Described) -> tuple[str, str]:
    builtin, shown, message = error
    if builtin == "SystemExit":
        return "early_exit", f"SystemExit: {message}"
    outcome = "memory" if builtin == "MemoryError" else "exception"
    return outcome, f"{shown}: {message}" if message else shown


def _verdict(job: Names, code: Code) -> Ended:
    try:
        _check(job, code)
    except Ended as ended:
        return ended
    except BaseException as error:
        return code.ended or _of_failure(error, job, code)
    return code.ended or Ended("pass", "")


def _check(job: Names, code: Code) -> None:
    name = job["entry_point"]
    defined = code.names()
    namespace: Names = {"__name__": "tests"}
    _run_head(job["head"], namespace)
    candidate = namespace[name] = code.function(name)
    tests = compile(job["test"], TESTS, "exec", dont_inherit=True)
    missing = _names_in(tests) - set(namespace) - set(dir(builtins))
    namespace.update((one, code.function(one)) for one in missing.intersection(defined))
    exec(tests, namespace)  # noqa: S102 - what this process is for
    if name not in defined:
        raise Ended("exception", f"NameError: name '{name}' is not defined")
    if "check" not in namespace:
        raise Ended("exception", "The tests do not define check.")
    namespace["check"](candidate)


def _run_head(head: str, namespace: Names) -> None:
    """The tests may use what stands in front of the code: its imports, and helpers that the row defines."""
    try:
        exec(compile(head, "<head>", "exec", dont_inherit=True), namespace)  # noqa: S102
    except Exception:  # noqa: S110 - an unfinished function; the code that finishes it has run
        pass


TESTS = "<tests>"


def _names_in(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names_in(constant)
    return names


def _of_failure(error: BaseException, job: Names, code: Code) -> Ended:
    described = describe(error)
    where = _line(error, job["test"])
    if error is code.raised:
        outcome, detail = _of_error(code.raised_as)
        return Ended(outcome, f"{detail} (at {where})" if where else detail)
    if isinstance(error, AssertionError):
        return Ended("assertion", where or described[2])
    outcome, detail = _of_error(described)
    return Ended("exception" if outcome == "early_exit" else outcome, f"In the tests: {detail} (at {where})")


def _line(error: BaseException, test: str) -> str:
    """The line of the tests where it happened."""
    frames = traceback.walk_tb(error.__traceback__)
    numbers = [number for frame, number in frames if frame.f_code.co_filename == TESTS]
    lines = test.splitlines()
    return lines[numbers[-1] - 1].strip()[:200] if numbers and numbers[-1] <= len(lines) else ""
