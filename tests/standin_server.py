"""The process of the stand-in model server: see tests/standin.py for what it can do and how to use it."""

import argparse
import asyncio
import contextlib
import json
import socket
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from tests.standin_faults import fail
from tests.standin_model import Behaviour, Said, ToyModel, prompt_hash, token_id
from tests.standin_model import pieces as cut

#: nanochat's limits on what a request may say.
NANOCHAT_LIMITS = {"temperature": (0, 2), "top_k": (1, 200), "max_tokens": (1, 4096)}


class Refused(Exception):
    """The request is answered with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Stats:
    """What was asked."""

    def __init__(self) -> None:
        self.prompts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.times: deque[float] = deque(maxlen=500_000)
        self.bodies: deque[Any] = deque(maxlen=20)
        self.open = 0
        self.at_once = 0

    def to_dict(self) -> dict[str, Any]:
        """As `GET /stats` gives it."""
        names = ("total", "answered", "authorized", "unauthorized", "redirected", "tokenized")
        return {name: self.counts[name] for name in names} | {
            "prompts": dict(self.prompts),
            "most": max(self.prompts.values(), default=0),
            "faults": dict(self.faults),
            "times": list(self.times),
            "bodies": list(self.bodies),
            "open": self.open,
            "at_once": self.at_once,
        }


class StandInServer:
    """Handlers and state of the one process."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.stats = Stats()
        self.use(behaviour)

    def use(self, behaviour: Behaviour) -> None:
        """Behave so from now on."""
        self.told = behaviour
        self.model = ToyModel(behaviour)
        self.slots = asyncio.Semaphore(behaviour.parallel) if behaviour.parallel else None
        self.matched = 0

    def app(self) -> web.Application:
        """The addresses."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self.openai)
        app.router.add_post("/chat/completions", self.nanochat)
        app.router.add_get("/v1/models", self.models)
        app.router.add_post("/tokenize", self.tokenize)
        app.router.add_get("/stats", self.show_stats)
        app.router.add_post("/stats/reset", self.reset)
        app.router.add_get("/behaviour", self.show_behaviour)
        app.router.add_post("/behaviour", self.change_behaviour)
        app.router.add_route("*", "/redirected", self.redirected)
        return app

    async def openai(self, request: web.Request) -> web.StreamResponse:
        return await self._chat(request, self._openai_answer)

    async def nanochat(self, request: web.Request) -> web.StreamResponse:
        return await self._chat(request, self._nanochat_answer)

    async def _chat(self, request: web.Request, answer: Any) -> web.StreamResponse:
        stats, told = self.stats, self.told
        stats.open += 1
        stats.at_once = max(stats.at_once, stats.open)
        try:
            body = self._noted(await request.read())
            self._check_key(request)
            if told.limit and stats.open > told.limit:
                return await fail(request, "429", told)
            if fault := self._fault_of(body):
                stats.faults[fault] += 1
                return await fail(request, fault, told)
            response: web.StreamResponse = await answer(request, body)
            stats.counts["answered"] += 1
            return response
        except Refused as refusal:
            return _error(refusal.status, str(refusal), request if told.echo_key else None)
        finally:
            stats.open -= 1

    def _noted(self, raw: bytes) -> dict[str, Any]:
        stats = self.stats
        stats.counts["total"] += 1
        stats.times.append(time.time())
        try:
            body: dict[str, Any] = orjson.loads(raw)
            messages = body["messages"]
            stats.prompts[prompt_hash(messages)] += 1
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused(400, "the body is no chat request") from None
        stats.bodies.append(body)
        return body

    def _check_key(self, request: web.Request) -> None:
        right = not self.told.key or request.headers.get("Authorization") == f"Bearer {self.told.key}"
        self.stats.counts["authorized" if right else "unauthorized"] += 1
        if not right:
            raise Refused(401, "Incorrect API key provided.")

    def _fault_of(self, body: Mapping[str, Any]) -> str:
        """How this call fails; "" where it does not."""
        prompt = json.dumps(body["messages"])
        if self._fails(prompt):
            return self.told.fault
        return next((fault for match, fault in self.told.fault_by.items() if match in prompt), "")

    def _fails(self, prompt: str) -> bool:
        told = self.told
        if not told.fault or (told.fault_match and told.fault_match not in prompt):
            return False
        self.matched += 1
        number = self.matched - told.fault_after
        return number > 0 and (told.fault_times is None or number <= told.fault_times)

    async def _work(self) -> None:
        """Take as long as a model would, with so many at once as it could."""
        async with self.slots or contextlib.nullcontext():
            if self.told.latency_ms:
                await asyncio.sleep(self.told.latency_ms / 1000)

    async def _openai_answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        self._check_openai(body)
        if self.told.latency_ms or self.slots:
            await self._work()
        said = self.model.say(body, int(body.get("max_tokens") or 10_000))
        if body.get("stream"):
            return await self._openai_stream(request, said)
        return web.Response(body=orjson.dumps(self._completion(body, said)), content_type="application/json")

    def _check_openai(self, body: Mapping[str, Any]) -> None:
        told = self.told
        for name in told.refuses:
            if name in body:
                raise Refused(400, f"Unrecognized request argument supplied: {name}")
        if told.check_model and body.get("model") != told.model:
            raise Refused(404, f"The model {body.get('model')!r} does not exist.")
        if told.logprobs and (body.get("top_logprobs") or 0) > told.max_top_logprobs:
            raise Refused(400, f"top_logprobs must be at most {told.max_top_logprobs}")

    def _completion(self, body: Mapping[str, Any], said: Said) -> dict[str, Any]:
        choice: dict[str, Any] = {
            "index": 0,
            "message": {"role": "assistant", "content": "".join(said.tokens)},
            "finish_reason": "length" if said.is_cut else "stop",
        }
        if body.get("logprobs") and self.told.logprobs:
            choice["logprobs"] = {"content": _logprobs(said, body.get("top_logprobs") or 0)}
        prompt = sum(len(str(message.get("content"))) // 4 + 1 for message in body["messages"])
        usage = {"prompt_tokens": prompt, "completion_tokens": len(said.tokens)}
        return {"id": "c", "object": "chat.completion", "model": self.told.model, "choices": [choice], "usage": usage}

    async def _openai_stream(self, request: web.Request, said: Said) -> web.StreamResponse:
        last = {"index": 0, "delta": {}, "finish_reason": "length" if said.is_cut else "stop"}
        choices: list[Any] = [{"index": 0, "delta": {"content": token}, "finish_reason": None} for token in said.tokens]
        lines = [_line({"object": "chat.completion.chunk", "choices": [choice]}) for choice in (*choices, last)]
        return await self._stream(request, [*lines, b"data: [DONE]\n\n"])

    async def _nanochat_answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        _check_nanochat(body)
        if self.told.latency_ms or self.slots:
            await self._work()
        said = self.model.say(body, int(body.get("max_tokens") or 512))
        return await self._stream(request, [*(_line({"token": token, "gpu": 0}) for token in said.tokens), DONE])

    async def _stream(self, request: web.Request, lines: list[bytes]) -> web.StreamResponse:
        if not self.told.token_ms:
            return web.Response(body=b"".join(lines), content_type="text/event-stream")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for line in lines:
            await asyncio.sleep(self.told.token_ms / 1000)
            await response.write(line)
        return response

    async def models(self, request: web.Request) -> web.Response:
        return _json({"object": "list", "data": [{"id": self.told.model, "object": "model"}]})

    async def tokenize(self, request: web.Request) -> web.Response:
        """llama.cpp's takes "content", vLLM's "prompt"; each ignores what it does not know."""
        self.stats.counts["tokenized"] += 1
        body = await request.json()
        field = {"llamacpp": "content", "vllm": "prompt"}.get(self.told.tokenize)
        if field is None:
            return _error(404, "not found")
        if field not in body and field == "prompt":
            return _error(400, "prompt is missing")
        tokens = [token_id(piece) for piece in cut(str(body.get(field, "")))]
        more = {"count": len(tokens), "max_model_len": 4096} if field == "prompt" else {}
        return _json({"tokens": tokens} | more)

    async def show_stats(self, request: web.Request) -> web.Response:
        return _json(self.stats.to_dict())

    async def reset(self, request: web.Request) -> web.Response:
        still_open = self.stats.open
        self.stats = Stats()
        self.stats.open = still_open
        self.matched = 0
        return _json({})

    async def show_behaviour(self, request: web.Request) -> web.Response:
        return _json(asdict(self.told))

    async def change_behaviour(self, request: web.Request) -> web.Response:
        changes = await request.json()
        unknown = set(changes) - {known.name for known in fields(Behaviour)}
        if unknown:
            return _error(400, f"unknown: {', '.join(sorted(unknown))}")
        self.use(Behaviour(**(asdict(self.told) | changes)))
        return _json(asdict(self.told))

    async def redirected(self, request: web.Request) -> web.Response:
        """Answers like a model: whoever follows a redirect would not even notice."""
        self.stats.counts["redirected"] += 1
        return _json(self._completion({"messages": []}, Said(["A"], False, [])))


DONE = b'data: {"done": true}\n\n'


def _line(value: Any) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def _json(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


def _error(status: int, message: str, request: web.Request | None = None) -> web.Response:
    if request is not None:
        message += f" You sent {request.headers.get('Authorization')}."
    body = orjson.dumps({"error": {"message": message, "type": "invalid_request_error"}})
    return web.Response(status=status, body=body, content_type="application/json")


def _logprobs(said: Said, number: int) -> list[dict[str, Any]]:
    """The probabilities of every token; only those of the first have a list."""
    entries = []
    for place, token in enumerate(said.tokens):
        likely = said.likely if place == 0 else [(token, -0.1)]
        top = [{"token": text, "logprob": chance, "bytes": list(text.encode())} for text, chance in likely[:number]]
        chance = dict(likely).get(token, -1.0)
        entries.append({"token": token, "logprob": chance, "bytes": list(token.encode()), "top_logprobs": top})
    return entries


def _check_nanochat(body: Mapping[str, Any]) -> None:
    messages = body["messages"]
    if not messages:
        raise Refused(400, "At least one message is required")
    for message in messages:
        if message.get("role") not in {"user", "assistant"}:
            raise Refused(400, f"Message has invalid role {message.get('role')!r}. Must be 'user' or 'assistant'")
        if not message.get("content"):
            raise Refused(400, "Message has empty content")
    for name, (least, most) in NANOCHAT_LIMITS.items():
        value = body.get(name)
        if value is not None and not least <= value <= most:
            raise Refused(400, f"{name} must be between {least} and {most}")


def main() -> None:
    """Serve until SIGTERM; print the port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--config", type=Path, help="JSON object: fields of the behaviour")
    options = parser.parse_args()
    told = json.loads(options.config.read_text(encoding="utf-8")) if options.config else {}
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    web.run_app(
        StandInServer(Behaviour(**told)).app(),
        sock=listener,
        access_log=None,
        print=None,
        backlog=1024,
        shutdown_timeout=0.1,
        handler_cancellation=True,
    )


if __name__ == "__main__":
    main()
