"""Two warm processes, one for the code and one for its tests, and what they are asked to do."""

import math
import os
import signal
from typing import Any

from tasks_core.sandbox.job import Job
from tasks_core.sandbox.outcomes import Outcome, Verdict
from tasks_core.sandbox.profiles import Profile
from tasks_core.sandbox.warm import BrokenError, Ended, WarmProcess

__all__ = ["Pair"]

OUTCOMES_OF_TESTS = {
    str(one): one
    for one in (Outcome.PASS, Outcome.ASSERTION, Outcome.EXCEPTION, Outcome.MEMORY, Outcome.EARLY_EXIT)
}  # fmt: skip
Found = tuple[Outcome, str]


class Pair:
    """Code and tests in two sandboxes, so that neither can reach the other but by calls. Raises BrokenError."""

    def __init__(self, profile: Profile, *, seconds: float, memory_mb: int) -> None:
        self._profile = profile
        self._seconds = seconds
        self._memory_mb = memory_mb
        self.leftovers = False  # whether the last job left files in one of the working folders
        self._code = WarmProcess(profile, "candidate")
        try:
            self._tests = WarmProcess(profile, "judge")
        except BrokenError:
            self._code.kill()
            raise

    def judge(self, *, head: str, code: str, test: str, entry_point: str) -> Verdict:
        """Run the code, then the tests against it."""
        with Job(self._seconds) as job:
            self._start(self._code, job.code_feed.fileno(), job.code_end.fileno(), job.output_end)
            null = os.open(os.devnull, os.O_WRONLY)
            try:
                self._start(self._tests, job.tests_feed.fileno(), job.tests_end.fileno(), null)
            finally:
                os.close(null)
            job.handed_over()
            job.send(job.to_code, {"name": "solution", "program": f"{head}\n\n{code}"})
            job.send(job.to_tests, {"head": head, "test": test, "entry_point": entry_point})
            answer = job.wait(job.to_tests)
            seconds = job.seconds
            ended = self._code.stop_job()
            tests_ended = self._tests.stop_job()
            self.leftovers = ended.leftovers or tests_ended.leftovers
            return self._verdict(job, seconds, ended, _found(answer, tests_ended))

    def run(self, code: str) -> Verdict:
        """Run code alone, as a script."""
        with Job(self._seconds) as job:
            between = job.keep_between()
            self._start(self._code, job.code_feed.fileno(), job.code_end.fileno(), job.output_end)
            job.handed_over()
            job.send(job.to_code, {"name": "__main__", "program": code})
            answer = job.wait(between)
            seconds = job.seconds
            ended = self._code.stop_job()
            self.leftovers = ended.leftovers
            return self._verdict(job, seconds, ended, _found_alone(answer))

    def _start(self, process: WarmProcess, *descriptors: int) -> None:
        process.start_job(math.ceil(self._seconds), self._memory_mb, descriptors)

    def _verdict(self, job: Job, seconds: float, ended: Ended, found: Found) -> Verdict:
        job.read_rest()
        outcome, detail = found
        if outcome is Outcome.EARLY_EXIT and not detail:
            outcome, detail = _early(ended)
        if outcome is Outcome.TIMEOUT:
            detail = f"Not done after {self._seconds:g} s."
        return Verdict(outcome, _clean(detail), _clean(job.text), round(seconds, 4), self._profile.name)

    def kill(self) -> None:
        """End both."""
        self._code.kill()
        self._tests.kill()

    def forget(self) -> None:
        """Let go of both in a forked process."""
        self._code.forget()
        self._tests.forget()


def _found(answer: Any, tests: Ended) -> Found:
    """What the tests' process says; its word is taken, for it is asked about its own tests."""
    if answer is Outcome.TIMEOUT:
        return answer, ""
    if answer is Outcome.OUTPUT:
        return answer, "More than a megabyte of output."
    if isinstance(answer, dict):
        outcome = OUTCOMES_OF_TESTS.get(str(answer.get("outcome")))
        if outcome:
            return outcome, str(answer.get("detail", ""))
    return Outcome.EARLY_EXIT, f"The tests ended their process ({_how(tests.status)})."


def _found_alone(answer: Any) -> Found:
    if isinstance(answer, Outcome):
        return _found(answer, Ended(0, False))
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(answer, dict):
        return Outcome.EARLY_EXIT, ""
    if not isinstance(error, list) or len(error) != 3:
        return Outcome.PASS, ""
    builtin, shown, message = map(str, error)
    detail = f"{shown}: {message}" if message else shown
    return {"SystemExit": Outcome.EARLY_EXIT, "MemoryError": Outcome.MEMORY}.get(builtin, Outcome.EXCEPTION), detail


def _clean(text: str) -> str:
    """Text that any file or database takes: no halves of surrogate pairs, no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _early(ended: Ended) -> Found:
    """Why the code's process is gone; it was killed by us where it had only cut the connection."""
    if ended.status == -signal.SIGXCPU:
        return Outcome.TIMEOUT, ""
    return Outcome.EARLY_EXIT, f"The code ended its process or its connection ({_how(ended.status)})."


def _how(status: int) -> str:
    if status >= 0:
        return f"exit code {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
