"""What the probes of all adapters share: how they speak to a server, and how they note what they see."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from webapp.evals.asking.failures import Fault, quoted, scrub, shortened, status_fault
from webapp.evals.asking.questions import Connection, storable_text
from webapp.evals.asking.wire import Heard
from webapp.evals.findings import Findings

#: Asked with a limit of a few tokens: a server that ignores the limit goes on for long.
COUNT = "Count from one to fifty in words, separated by commas."
#: Asked twice at temperature 0, and with seeds at temperature 1: few models say the same by chance.
STORY = "Make up a name for a boat and a name for its captain. Answer with the names alone."
STORY_TOKENS, COUNT_TOKENS, SHORT_TOKENS = 16, 4, 8
#: These say nothing about what the server can do, so that the probe ends with them.
TELLS_NOTHING = {401, 402, 403, 408, 429, 502, 503, 504}
OK = 200


class Line(Protocol):
    """How a probe speaks to a server (webapp/evals/asking/wire.py): checked addresses, no redirects, short times."""

    base: str
    connection: Connection

    async def send(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> Heard:
        """Any status comes back. Raises Fault when no answer does."""


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took; `json` is {} where the body is no object: `unreadable` says what it is."""

    status: int
    content_type: str
    text: str
    json: Mapping[str, Any]
    latency_ms: int
    unreadable: str = ""

    def is_ok(self) -> bool:
        return self.status == OK


class Probe:
    """Asks one server; `found` holds what was seen so far."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.found = Findings(adapter=line.connection.adapter)

    async def run(self) -> None:
        """Fill the findings. Raises Fault when the server cannot be asked any further."""
        raise NotImplementedError

    def note(self, **seen: Any) -> None:
        """Add to the findings; texts of the server have to be cleaned before."""
        self.found = replace(self.found, **seen)

    def clean(self, text: str) -> str:
        """Without the key, which a server may send back, and without what no database holds.

        Before anything is cut off: half a key would stay.
        """
        return storable_text(scrub(text, self.line.connection.key))

    async def get(self, path: str) -> Answer:
        """Fetch an address under the endpoint's. Raises Fault when nobody answers."""
        return await self._send("GET", self.line.base + path, None)

    async def post(self, path: str, body: Mapping[str, Any], *, base: str | None = None) -> Answer:
        """Send JSON to an address under the endpoint's, or under `base`. Raises Fault when nobody answers."""
        return await self._send("POST", (self.line.base if base is None else base) + path, body)

    async def ask(self, body: Mapping[str, Any], *, needed: bool = False) -> Answer:
        """Send a chat request. Raises Fault when nothing can be learnt from the answer, `needed` for any error."""
        answer = await self.post("/chat/completions", body)
        if answer.status in TELLS_NOTHING or (needed and not answer.is_ok()):
            raise status_fault(answer.status, shortened(self.clean(quoted(answer.text.encode()))))
        return answer

    async def _send(self, method: str, url: str, body: Mapping[str, Any] | None) -> Answer:
        began = time.monotonic()
        heard = await self.line.send(method, url, body)
        latency = round(1000 * (time.monotonic() - began))
        found: Mapping[str, Any] = {}
        unreadable = ""
        try:
            found = heard.json()
        except Fault as fault:
            unreadable = str(fault)
        text = heard.body.decode("utf-8", "replace")
        return Answer(heard.status, heard.content_type, text, found, latency, unreadable)
