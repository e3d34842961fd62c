"""The sandbox that others use: started when needed, started again when broken, one per process."""

import atexit
import os
import threading
from collections.abc import Callable
from typing import Self

from tasks_core.sandbox.outcomes import Outcome, Verdict
from tasks_core.sandbox.pair import Pair
from tasks_core.sandbox.profiles import Profile
from tasks_core.sandbox.selftest import choose_profile
from tasks_core.sandbox.warm import BrokenError

__all__ = ["Sandbox", "shared_sandbox"]

ATTEMPTS = 2
#: Characters of code and tests together; nothing that a person or a model writes as one function comes near.
MOST_TEXT = 1_000_000


class Sandbox:
    """Runs code that nobody trusts. One job at a time; a second thread waits.

    `seconds` is the wall clock's time of one job, `memory_mb` the address space of its process.
    """

    def __init__(self, *, profile: Profile | None = None, seconds: float = 5.0, memory_mb: int = 256) -> None:
        self.profile = profile or choose_profile()
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._pair: Pair | None = None
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def judge(self, *, head: str, code: str, test: str, entry_point: str) -> Verdict:
        """Run `head` and `code`, then the tests' `check` with the function named `entry_point`.

        Passed means that `check` has returned. Never raises for what the code or the tests do.
        """
        if not code.strip():
            return Verdict(Outcome.NO_CODE, "There is no code.", profile=self.profile.name)
        if len(head) + len(code) + len(test) > MOST_TEXT:
            return self._too_long()
        return self._attempt(lambda pair: pair.judge(head=head, code=code, test=test, entry_point=entry_point))

    def run(self, code: str) -> Verdict:
        """Run code alone, as a script. Passed means that it came to its end without an exception."""
        if len(code) > MOST_TEXT:
            return self._too_long()
        return self._attempt(lambda pair: pair.run(code))

    def close(self) -> None:
        """End its processes; the next job starts new ones."""
        with self._lock:
            self._drop()

    def _too_long(self) -> Verdict:
        return Verdict(Outcome.EXCEPTION, f"More than {MOST_TEXT:,} characters of code.", profile=self.profile.name)

    def _attempt(self, job: Callable[[Pair], Verdict]) -> Verdict:
        if not self.profile.works:
            return Verdict(Outcome.INFRASTRUCTURE, self.profile.description, profile=self.profile.name)
        with self._lock:
            reason = ""
            for _ in range(ATTEMPTS):
                try:
                    return self._once(job)
                except (BrokenError, OSError) as error:  # OSError: this process has no descriptors left
                    reason = str(error)
                    self._drop()
                except BaseException:  # a half-done job would answer the next one
                    self._drop()
                    raise
        return Verdict(Outcome.INFRASTRUCTURE, f"The sandbox broke: {reason}", profile=self.profile.name)

    def _once(self, job: Callable[[Pair], Verdict]) -> Verdict:
        if self._owner != os.getpid():
            self._disown()
        if self._pair is None:
            self._pair = Pair(self.profile, seconds=self._seconds, memory_mb=self._memory_mb)
        verdict = job(self._pair)
        if self._pair.leftovers:  # no job may find the files of another; new walls are surer than cleaning up
            self._drop()
        return verdict

    def _drop(self) -> None:
        if self._owner != os.getpid():
            self._disown()
        pair, self._pair = self._pair, None
        if pair:
            pair.kill()

    def _disown(self) -> None:
        """A forked process leaves its parent's pair alone."""
        pair, self._pair = self._pair, None
        self._owner = os.getpid()
        if pair:
            pair.forget()

    def _after_fork(self) -> None:
        """Close the copies of its parent's sockets, so that their owner's end is seen; forget who held the lock."""
        self._lock = threading.Lock()
        self._disown()


class _Shared:
    """The one of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None
        os.register_at_fork(after_in_child=self._after_fork)

    def get(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                self._sandbox = Sandbox()
                atexit.register(self._sandbox.close)
            return self._sandbox

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        sandbox, self._sandbox = self._sandbox, None
        if sandbox:
            sandbox._after_fork()


_SHARED = _Shared()


def shared_sandbox() -> Sandbox:
    """Return the one sandbox of this process, made at its first use and ended with the process."""
    return _SHARED.get()
