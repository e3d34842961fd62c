"""Finding out what an endpoint can do, by asking it: servers ignore the fields that they do not know, silently."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from webapp.evals.asking.questions import Connection
from webapp.evals.findings import Finding, Findings
from webapp.evals.keys import without_key
from webapp.evals.models import Adapter

__all__ = ["Finding", "Findings", "look"]

CHOICE = (
    "Multiple Choice question: Which of these is a colour?\n- red=A\n- seven=B\n- table=C\n- walking=D\n\n"
    "Respond only with the letter of the correct answer."
)
COUNT = "Count from one to fifty in words, separated by commas."
STORY = "Make up a name for a boat. Answer with the name alone."
LETTERS = ("A", "B", "C", "D")
#: The labels that the tasks' questions have; each needs a token of its own for a forced choice.
LABELS = (*"ABCDEFGHIJ", *"12345")
#: Not the letter that the question is answered with, so that a server which ignores the bias is not taken in.
FORCED = ("C", "D")
TOP_LOGPROBS = (20, 10, 5)
SHORT_LIMIT = 4
NAMES_KEPT, NAME_LENGTH = 200, 200


@dataclass(frozen=True)
class Heard:
    """The answer to one request, or why there was none (`problem`, in words; then `status` is 0)."""

    status: int
    text: str = ""
    content_type: str = ""
    latency_ms: int = 0
    problem: str = ""

    def json(self) -> dict[str, Any]:
        """The object in the body; {} where there is none."""
        with suppress(ValueError, RecursionError):
            found = json.loads(self.text)
            if isinstance(found, dict):
                return found
        return {}


class Line(Protocol):
    """How a probe speaks to a server. Addresses are checked, redirects off, each request has its short time."""

    async def get(self, address: str) -> Heard:
        """Fetch a whole address with the endpoint's key."""

    async def post(self, address: str, body: Mapping[str, Any]) -> Heard:
        """Send JSON to a whole address with the endpoint's key."""


class Stopped(Exception):
    """The server cannot be asked any further; the message is for people."""


async def look(line: Line, connection: Connection, *, seconds: float = 20) -> Findings:
    """Ask for everything that matters within `seconds`; what was not reached is left open in the findings."""
    probe = NanochatProbe(line, connection) if connection.adapter == Adapter.NANOCHAT else OpenAIProbe(line, connection)
    try:
        async with asyncio.timeout(seconds):
            await probe.run()
    except TimeoutError:
        probe.note(complete=False, problem=f"The probe was ended after {seconds:g} seconds: the server is slow.")
    except Stopped as stopped:
        probe.note(complete=False, problem=str(stopped)[:500])
    return probe.found


class Probe:
    """What the probes of all adapters share."""

    def __init__(self, line: Line, connection: Connection) -> None:
        self.line = line
        self.connection = connection
        self.found = Findings(adapter=connection.adapter)

    def note(self, **seen: Any) -> None:
        """Add to the findings; a server may send back the key that it was sent."""
        self.found = replace(self.found, **{name: self._clean(value) for name, value in seen.items()})

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return without_key(value, self.connection.key)
        return tuple(map(self._clean, value)) if isinstance(value, tuple) else value

    async def run(self) -> None:
        """Fill the findings."""
        raise NotImplementedError

    async def get(self, path: str) -> Heard:
        """Raises Stopped when nobody answers."""
        return self._heard(await self.line.get(self.connection.address.rstrip("/") + path))

    async def post(self, path: str, body: Mapping[str, Any], *, base: str = "") -> Heard:
        """Raises Stopped when nobody answers."""
        return self._heard(await self.line.post((base or self.connection.address.rstrip("/")) + path, body))

    def _heard(self, heard: Heard) -> Heard:
        if heard.problem:
            raise Stopped(heard.problem)
        if heard.status in {401, 403, 429} or heard.status in {502, 503, 504}:
            raise Stopped(f"The server answers with the status {heard.status}.")
        return heard
