"""Asking one endpoint many questions at once, from a thread that may be busy with other things.

The engine's thread hands in questions and takes results; a thread of the asker's own has the event loop and the
connections. How many questions are open at once adapts to the server (limiting.py), there is one layer of tries
(waiting.py), and what no other question would survive stops the asker: the rest comes back unasked.
"""

import asyncio
import logging
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.adapters import adapter_of
from webapp.evals.asking.failures import OF_THE_QUESTION, TOO_MANY, Fault, scrub
from webapp.evals.asking.limiting import Limiter
from webapp.evals.asking.questions import Connection, Failure, Question, Reply, Result
from webapp.evals.asking.resolving import Lookup
from webapp.evals.asking.waiting import Pace
from webapp.evals.asking.wire import Wire

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.1
_SWITCH_SECONDS = 0.0005
_CLOSE_SECONDS = 5.0
_A_YEAR = 365 * 24 * 3600
# A server may send the key back in an answer, which is kept. A shorter one is no secret, and would tear words apart.
_SHORTEST_SECRET = 8


@dataclass(slots=True)
class _Item:
    ticket: int
    question: Question
    tries: int = 0


class Asker:
    """A context manager: the thread runs inside of it. Made in the process that uses it, never before a fork.

    `submit`, `take`, `room`, `set_cap` and `close` are called by one thread. Tickets are the caller's; each comes back
    once, with its result, in the order of the answers. `lookup` resolves names in place of the system's (tests).
    """

    def __init__(
        self, connection: Connection, policy: AddressPolicy, *, pace: Pace | None = None, lookup: Lookup | None = None
    ) -> None:
        self.connection = connection
        self._policy = policy
        self._pace = pace or Pace()
        self._lookup = lookup
        self._limiter = Limiter(connection.concurrency, time.monotonic())
        self._queue: deque[_Item] = deque()
        self._inbox: deque[_Item] = deque()
        self._is_woken = False
        self._results: deque[tuple[int, Result]] = deque()
        self._arrived = threading.Condition()
        self._submitted = self._taken = self._finished = 0
        self._open = 0
        self._in_a_row = 0
        self._hold_until = 0.0
        self._stopped: Failure | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._later: dict[int, tuple[_Item, asyncio.TimerHandle]] = {}
        self._started = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="asker", daemon=True)

    def __enter__(self) -> Self:
        # The event loop answers within this time, however busy the engine's thread is.
        self._usual_switch = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What the engine's thread calls.

    def submit(self, ticket: int, question: Question) -> None:
        """Ask this, as soon as there is room."""
        if self._is_closed:
            raise RuntimeError("the asker is closed")
        self._submitted += 1
        self._inbox.append(_Item(ticket, question))
        if not self._is_woken:
            self._is_woken = True
            self._loop.call_soon_threadsafe(self._drain)

    def take(self, seconds: float) -> list[tuple[int, Result]]:
        """Results that have come, at least one unless `seconds` are over before; each is given once."""
        with self._arrived:
            if not self._results:
                self._arrived.wait(seconds)
            found = list(self._results)
            self._results.clear()
        self._taken += len(found)
        return found

    def room(self, ahead: int = 0) -> int:
        """How many more questions keep it busy: it should hold twice as many as may be open, and so many `ahead`.

        `ahead` is what it will have answered until it is asked again. 0 once it has stopped.

        Questions that wait for their next try count as held only where there are very many of them.
        """
        if self._stopped or self._is_closed:
            return 0
        return wanted_more(self._limiter.allowed, ahead, self._submitted - self._finished, len(self._later))

    def set_cap(self, cap: int) -> None:
        """Let at most so many questions be open: this process's share of the endpoint. With 0 no more are asked."""
        self._limiter.cap = max(0, cap)
        if self._thread.is_alive() and not self._is_closed:
            self._loop.call_soon_threadsafe(self._fill)

    def close(self) -> None:
        """Drop what is in flight, at once. Results that were not taken are lost."""
        if self._is_closed or not self._thread.is_alive():
            self._is_closed = True
            return
        self._is_closed = True
        sys.setswitchinterval(self._usual_switch)
        self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(_CLOSE_SECONDS)

    @property
    def in_flight(self) -> int:
        """Questions that were submitted and whose results were not taken yet."""
        return self._submitted - self._taken

    @property
    def open(self) -> int:
        """Questions that the server is answering now."""
        return self._open

    @property
    def concurrency(self) -> int:
        """How many questions may be open at once now."""
        return self._limiter.allowed

    @property
    def waiting_until(self) -> datetime | None:
        """Until when nothing is asked because the server has asked for a pause; None while it has not."""
        return when(self._hold_until)

    @property
    def hold_until(self) -> float:
        """The same on the machine's monotonic clock; in the past while nothing is held."""
        return self._hold_until

    @property
    def later(self) -> int:
        """Questions that wait for their next try."""
        return len(self._later)

    @property
    def stopped(self) -> Failure | None:
        """Why nothing is asked any more; None while it is."""
        return self._stopped

    # What runs in the asker's own thread.

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._main = self._loop.create_task(self._live())
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass
        finally:
            self._started.set()
            self._loop.close()

    async def _live(self) -> None:
        """Hold the session open until `close`; the ticks let the limit grow and end waits."""
        try:
            self._ask = adapter_of(self.connection.adapter)
            wire = Wire(self.connection, self._policy, self._lookup)
        except Fault as fault:
            self._stop(fault.failure(0, self.connection.key))
            self._started.set()
            await asyncio.Event().wait()
            return
        async with wire:
            self._wire = wire
            self._started.set()
            try:
                while True:
                    await asyncio.sleep(_TICK_SECONDS)
                    self._limiter.tick(time.monotonic())
                    self._fill()
            finally:
                await self._drop()

    async def _drop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _drain(self) -> None:
        self._is_woken = False
        while self._inbox:
            self._queue.append(self._inbox.popleft())
        self._fill()

    def _fill(self) -> None:
        """Ask as many as may be open; give all back unasked once the asker has stopped."""
        while self._queue and self._stopped:
            item = self._queue.popleft()
            self._deliver(item, replace(self._stopped, tries=item.tries))
        while self._queue and self._open < self._limiter.allowed and time.monotonic() >= self._hold_until:
            self._open += 1
            task = self._loop.create_task(self._try(self._queue.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _try(self, item: _Item) -> None:
        """Ask once, and see to what follows."""
        item.tries += 1
        epoch = self._limiter.epoch
        begun = time.monotonic()
        try:
            reply = await self._ask(self._wire, item.question)
        except Fault as fault:
            self._open -= 1
            self._failed(item, fault, epoch)
        except Exception as error:  # whatever it is, its ticket must come back
            log.error("Asking ended with %s", type(error).__name__)
            self._open -= 1
            self._failed(item, Fault("internal", f"An error in Winnow: {type(error).__name__}."), epoch)
        else:
            self._open -= 1
            self._answered(item, reply, begun)
        self._fill()

    def _answered(self, item: _Item, reply: Reply, begun: float) -> None:
        now = time.monotonic()
        self._in_a_row = 0
        self._limiter.succeeded(now)
        key = self.connection.key
        text = scrub(reply.text, key) if len(key) >= _SHORTEST_SECRET else reply.text
        self._deliver(item, replace(reply, text=text, tries=item.tries, latency_ms=round((now - begun) * 1000)))

    def _failed(self, item: _Item, fault: Fault, epoch: int) -> None:
        if fault.kind == TOO_MANY and self._open and self._limiter.allowed > 1:
            item.tries -= 1  # it was one too many beside others, which is no fault of its own
        if fault.is_overload():
            self._limiter.overloaded(epoch, told_to_wait=bool(fault.wait))
        wait = fault.wait or 0.0
        self._hold_until = max(self._hold_until, time.monotonic() + min(wait, self._pace.longest_wait))
        if wait > self._pace.longest_wait:
            minutes = min(wait, _A_YEAR) / 60
            text = f"The server asks to wait for {minutes:,.0f} minutes. Continue the run after that."
            fault = Fault(fault.kind, text, pauses=True)
        if fault.retry and self._stopped:
            # It had tries left, and nobody would say of the others either that they have failed.
            self._deliver(item, replace(self._stopped, tries=item.tries))
            return
        if fault.retry and item.tries < self.connection.tries:
            pause = self._pace.pause_after(item.tries)
            # After the wait that the server asked for, which may still grow meanwhile: `_fill` looks again.
            self._later[item.ticket] = item, self._loop.call_later(wait + pause, self._again, item.ticket)
            return
        self._give_up(item, fault.failure(item.tries, self.connection.key))

    def _again(self, ticket: int) -> None:
        item, timer = self._later.pop(ticket)
        timer.cancel()
        self._queue.appendleft(item)
        self._fill()

    def _give_up(self, item: _Item, failure: Failure) -> None:
        """Hand on a failure. The one that is too many in a row comes back as the reason to stop, not as its own error.

        It may be the last question of all: no other would bring the news.
        """
        self._in_a_row += failure.kind not in OF_THE_QUESTION
        if not failure.pauses and self._in_a_row >= self._pace.breaker:
            text = f"{self._in_a_row} questions in a row failed, the last one so: {failure.message}"
            failure = Failure("breaker", text, item.tries, pauses=True, details={"last": failure.kind})
        self._deliver(item, failure)
        if failure.pauses:
            self._stop(failure)

    def _stop(self, failure: Failure) -> None:
        if self._stopped is None:
            log.warning("An endpoint is not asked any more: %s", failure.message)
            self._stopped = failure
            for ticket in list(self._later):
                self._again(ticket)

    def _deliver(self, item: _Item, result: Result) -> None:
        with self._arrived:
            self._results.append((item.ticket, result))
            self._finished += 1
            self._arrived.notify()


def wanted_more(allowed: int, ahead: int, held: int, later: int) -> int:
    """How many more questions to hand to an asker that may have `allowed` open.

    It holds `held` already; `later` of these wait for their next try.
    """
    wanted = 2 * allowed + ahead
    return max(0, wanted - held + min(wanted, later))


def when(moment: float) -> datetime | None:
    """A moment of the machine's monotonic clock as a date; None once it is over."""
    left = moment - time.monotonic()
    return datetime.fromtimestamp(time.time() + left, UTC) if left > 0 else None


def ask_once(
    connection: Connection, question: Question, policy: AddressPolicy, *, lookup: Lookup | None = None
) -> Result:
    """Ask one question with one try, for at most the connection's timeout and what connecting takes."""
    with Asker(replace(connection, tries=1), policy, lookup=lookup) as asker:
        asker.submit(0, question)
        while True:
            for _, result in asker.take(1.0):
                return result
