"""Finding out what an endpoint can do, by asking it: servers ignore the fields that they do not know, silently."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import replace
from threading import Thread
from typing import TypeVar

from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.asker import ask_once
from webapp.evals.asking.failures import Fault
from webapp.evals.asking.questions import Connection, Failure, Question, Result
from webapp.evals.asking.wire import Wire
from webapp.evals.findings import Finding, Findings
from webapp.evals.models import BASELINES, Adapter
from webapp.evals.probes.base import Line, Probe
from webapp.evals.probes.nanochat import NanochatProbe
from webapp.evals.probes.openai import OpenAIProbe

__all__ = ["PROBE_SECONDS", "TRY_SECONDS", "Finding", "Findings", "ask", "look", "probe"]

#: For the whole probe, and for one request of it: somebody waits for the page.
PROBE_SECONDS, TRY_SECONDS = 20.0, 5.0
GRACE_SECONDS = 2.0
PROBLEM_LENGTH = 500
NO_END = "The server, or looking up its name, takes longer than {:g} s."
T = TypeVar("T")


def probe(
    connection: Connection,
    policy: AddressPolicy,
    *,
    seconds: float = PROBE_SECONDS,
    try_seconds: float = TRY_SECONDS,
) -> Findings:
    """Ask a server what it can do, in at most `seconds`; where it cannot be asked, `problem` says why. Never raises.

    Nothing is asked of a baseline.
    """
    if connection.adapter in BASELINES:
        return Findings(adapter=connection.adapter, answers=True)
    impatient = replace(connection, timeout_seconds=min(try_seconds, connection.timeout_seconds), tries=1)
    try:
        return _beside(lambda: asyncio.run(_probe(impatient, policy, seconds)), seconds + GRACE_SECONDS)
    except Late:
        return Findings(adapter=connection.adapter, complete=False, problem=NO_END.format(seconds))
    except Fault as fault:  # before anything was asked: the address or the key cannot be used
        return Findings(adapter=connection.adapter, complete=False, problem=str(fault)[:PROBLEM_LENGTH])


async def _probe(connection: Connection, policy: AddressPolicy, seconds: float) -> Findings:
    async with Wire(connection, policy) as wire:
        return await look(wire, seconds=seconds)


def ask(connection: Connection, question: Question, policy: AddressPolicy) -> Result:
    """One question, once, in at most the connection's `timeout_seconds`. Raises Unprocessable for a bad address."""
    try:
        return _beside(lambda: ask_once(connection, question, policy), connection.timeout_seconds + GRACE_SECONDS)
    except Late:
        return Failure("timeout", NO_END.format(connection.timeout_seconds))


def _beside(work: Callable[[], T], seconds: float) -> T:
    """Do `work` beside this thread and wait for at most `seconds`. Raises TimeoutError, and what it raises.

    Not on this thread: looking up a name cannot be interrupted, and would hold the page for as long as it likes.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    Thread(target=run, name="asking an endpoint", daemon=True).start()
    return done.result(seconds)


async def look(line: Line, *, seconds: float = PROBE_SECONDS) -> Findings:
    """Ask over `line` for everything that matters; what was not reached in `seconds` is left open in the findings."""
    asking: Probe = NanochatProbe(line) if line.connection.adapter == Adapter.NANOCHAT else OpenAIProbe(line)
    try:
        async with asyncio.timeout(seconds):
            await asking.run()
    except TimeoutError:
        asking.note(complete=False, problem=f"The server is slow: the probe was ended after {seconds:g} s.")
    except Fault as fault:
        asking.note(complete=False, problem=asking.clean(str(fault))[:PROBLEM_LENGTH])
    return asking.found
