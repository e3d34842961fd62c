"""An asker in a process of its own: what the engine computes does not delay the questions, nor the other way round.

The process starts with its standard input and output as pipes; it reads orders and tells what has come. It ends when
the pipe does, so it never outlives the worker that started it, however that one dies. The key reaches it through the
pipe, never by its arguments or its environment.
"""

import logging
import os
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.asker import wanted_more, when
from webapp.evals.asking.limiting import START
from webapp.evals.asking.questions import Connection, Failure, Question, Result
from webapp.evals.asking.waiting import Pace

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0
#: A worker that says nothing for so long (seconds) may be frozen: no more is asked, before its lease runs out.
SILENT_SECONDS = 15.0
_GONE = Failure("internal", "The process that asks the endpoint has ended. Continue the run.", pauses=True)


@dataclass(frozen=True)
class State:
    """How the asker stands. `heard` counts the orders that it has carried out."""

    heard: int = 0
    allowed: int = 0
    open: int = 0
    later: int = 0
    hold_until: float = 0.0
    stopped: Failure | None = None


@dataclass(frozen=True)
class Told:
    """What the process says: results, and how it stands after them."""

    state: State
    results: list[tuple[int, Result]] = field(default_factory=list)


class AskerApart:
    """The same as an Asker, for the engine. A context manager: the process runs inside of it."""

    def __init__(
        self,
        connection: Connection,
        policy: AddressPolicy,
        *,
        pace: Pace | None = None,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._orders = connection, policy, pace, silent_seconds
        self._state = State(allowed=min(START, connection.concurrency))
        self._results: deque[tuple[int, Result]] = deque()
        self._ordered = 0
        self._out: set[int] = set()
        self._cap = connection.concurrency
        self._waiting: list[tuple[int, Question]] = []

    def __enter__(self) -> Self:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "webapp.evals.asking.process", str(theirs_in), str(theirs_out)],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs_in, theirs_out),
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._from, self._to = Pipe(ours_in, writable=False), Pipe(ours_out, readable=False)
        self._order(self._orders)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, ticket: int, question: Question) -> None:
        """Ask this, as soon as there is room."""
        self._out.add(ticket)
        self._waiting.append((ticket, question))

    def take(self, seconds: float) -> list[tuple[int, Result]]:
        """Results that have come, at least one unless `seconds` are over before; each is given once."""
        self._hand_over()
        ends = time.monotonic() + seconds
        while not self._results and self._listen(max(0.0, ends - time.monotonic())):
            pass
        while self._listen(0):
            pass
        found = list(self._results)
        self._results.clear()
        return found

    def room(self, ahead: int) -> int:
        """How many more questions keep it busy; see Asker.room."""
        state = self._state
        if state.stopped:
            return 0
        return wanted_more(min(state.allowed, self._cap), ahead, len(self._out), state.later)

    def set_cap(self, count: int) -> None:
        """Let at most so many questions be open. With a smaller one, `open` is exact when this returns."""
        shrinks = count < self._cap
        self._cap = count
        self._hand_over()
        self._order(count)
        while shrinks and self._state.heard < self._ordered and self._listen(_CLOSE_SECONDS):
            pass

    def close(self) -> None:
        """Drop what is in flight, at once. Results that were not taken are lost."""
        self._to.close()
        self._from.close()
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def is_hungry(self) -> bool:
        """Soon it holds fewer questions than may be open."""
        return len(self._out) <= min(self._state.allowed, self._cap)

    @property
    def open(self) -> int:
        """Questions that the server is answering, by the last message."""
        return self._state.open

    @property
    def waiting_until(self) -> datetime | None:
        """Until when nothing is asked because the server has asked for a pause; None while it has not."""
        return when(self._state.hold_until)

    @property
    def stopped(self) -> Failure | None:
        """Why nothing is asked any more; None while it is."""
        return self._state.stopped

    def _hand_over(self) -> None:
        if self._waiting:
            self._order(self._waiting)
            self._waiting = []

    def _order(self, order: Any) -> None:
        self._ordered += 1
        try:
            self._to.send(order)
        except OSError:
            self._is_gone()

    def _listen(self, seconds: float) -> bool:
        """Take in one message, if one comes within this time."""
        try:
            if not self._from.poll(seconds):
                return False
            told: Told = self._from.recv()
        except (EOFError, OSError):
            self._is_gone()
            return False
        if told.state.stopped and not self._state.stopped:
            log.warning("An endpoint is not asked any more: %s", told.state.stopped.message)
        self._state = told.state
        self._out.difference_update(ticket for ticket, _ in told.results)
        self._results.extend(told.results)
        return True

    def _is_gone(self) -> None:
        """It was killed from outside: what it was asking comes back, and the run pauses."""
        if self._state.stopped is None:
            log.error(_GONE.message)
            self._state = State(stopped=_GONE)
        self._results.extend((ticket, _GONE) for ticket in self._out)
        self._out.clear()
