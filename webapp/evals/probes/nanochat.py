"""Probing nanochat's own server: it always streams, and knows neither models nor probabilities nor seeds."""

import json
from contextlib import suppress
from typing import Any

from webapp.evals.asking.failures import Fault
from webapp.evals.probes.base import COUNT, COUNT_TOKENS, SHORT_TOKENS, STORY, STORY_TOKENS, Answer, Probe

LOADING = "The server is there, but its model is still loading. Probe it again in a moment."
NO_STREAM = "What came back is no answer of nanochat's chat server. The address is the one of its page, without a path."
MOST_WORKERS = 1_000


class NanochatProbe(Probe):
    """Its answers are read as they stand in the stream, event by event."""

    async def run(self) -> None:
        """Fill the findings. Raises Fault when the server cannot be asked any further."""
        await self._health()
        await self._first_answer()
        tokens, _ = await self._say(COUNT, COUNT_TOKENS)
        # A model that stops early by itself tells nothing.
        self.note(max_tokens=len(tokens) <= COUNT_TOKENS if len(tokens) >= COUNT_TOKENS else None)
        first, second = ["".join((await self._say(STORY, STORY_TOKENS))[0]) for _ in range(2)]
        if first and second:
            self.note(repeats=first == second)

    async def _health(self) -> None:
        """How many GPUs answer at once; older servers do not say."""
        told = (await self.get("/health")).json
        gpus = told.get("num_gpus")
        if type(gpus) is int and 0 < gpus <= MOST_WORKERS:
            self.note(workers=gpus)
        if told.get("ready") is False:
            raise Fault("http_503", LOADING)

    async def _first_answer(self) -> None:
        answer = await self._send_text("Say hello.", SHORT_TOKENS)
        tokens, has_end = events_of(answer)
        if not tokens and not has_end:
            raise Fault("garbage", answer.unreadable or NO_STREAM)
        self.note(answers=True, latency_ms=answer.latency_ms, streams=has_end)

    async def _say(self, text: str, max_tokens: int) -> tuple[list[str], bool]:
        return events_of(await self._send_text(text, max_tokens))

    async def _send_text(self, text: str, max_tokens: int) -> Answer:
        body = {"messages": [{"role": "user", "content": text}], "max_tokens": max_tokens, "temperature": 0, "top_k": 1}
        return await self.ask(body, needed=True)


def events_of(answer: Answer) -> tuple[list[str], bool]:
    """The tokens of a stream, and whether its end is marked."""
    events = [_event(line[5:]) for line in answer.text.split("\n") if line.startswith("data:")]
    tokens = [event["token"] for event in events if isinstance(event.get("token"), str)]
    return tokens, any(event.get("done") is True for event in events)


def _event(line: str) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        found = json.loads(line)
        if isinstance(found, dict):
            return found
    return {}
