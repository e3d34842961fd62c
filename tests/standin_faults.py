"""How the stand-in fails: one function for each kind, by the names of `Behaviour.fault`."""

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate

import orjson
from aiohttp import web

from tests.standin_model import Behaviour

MEGABYTE = 1024 * 1024
_BEGIN = b'{"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "'


async def fail(request: web.Request, kind: str, told: Behaviour) -> web.StreamResponse:
    """Fail a request in the way that `kind` names."""
    if kind.isdigit():
        return _status(request, int(kind), told)
    return await KINDS[kind](request, told)


def _status(request: web.Request, status: int, told: Behaviour) -> web.Response:
    message = f"The stand-in was told to answer {status}."
    if told.echo_key:
        message += f" You sent {request.headers.get('Authorization')}."
    headers = {}
    if told.retry_after and status in {429, 503}:
        kind, _, seconds = told.retry_after.partition(":")
        headers["Retry-After"] = formatdate(time.time() + float(seconds), usegmt=True) if kind == "date" else kind
    body = rb'{"error": {"message": "odd \u0000 and \ud800"}}'
    if not told.odd_error:
        body = orjson.dumps({"error": {"message": message}})
    return web.Response(status=status, headers=headers, body=body, content_type="application/json")


async def _html(request: web.Request, told: Behaviour) -> web.StreamResponse:
    return web.Response(text="<!doctype html><title>Sign in</title><h1>Sign in</h1>", content_type="text/html")


async def _empty(request: web.Request, told: Behaviour) -> web.StreamResponse:
    return web.Response(body=b'{"id": "c", "choices": []}', content_type="application/json")


async def _null(request: web.Request, told: Behaviour) -> web.StreamResponse:
    body = b'{"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": null}}]}'
    return web.Response(body=body, content_type="application/json")


async def _garbage(request: web.Request, told: Behaviour) -> web.StreamResponse:
    return web.Response(body=_BEGIN + b"A", content_type="application/json")


async def _silence(request: web.Request, told: Behaviour) -> web.StreamResponse:
    await asyncio.sleep(24 * 3600)
    return web.Response()


async def _trickle(request: web.Request, told: Behaviour) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": _type_of(request), "Content-Length": "100000"})
    await response.prepare(request)
    for byte in b" " * 100_000:
        await response.write(bytes([byte]))
        await asyncio.sleep(told.trickle_seconds)
    return response


async def _cut(request: web.Request, told: Behaviour) -> web.StreamResponse:
    """A stream of nanochat lacks its end marker but ends properly; an OpenAI body ends before its length."""
    if _is_nanochat(request):
        return web.Response(body=b'data: {"token": "The", "gpu": 0}\n\n', content_type="text/event-stream")
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(_BEGIN)
    return _closed(request)


async def _huge(request: web.Request, told: Behaviour) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": _type_of(request)})
    await response.prepare(request)
    await response.write(b'data: {"token": "' if _is_nanochat(request) else _BEGIN)
    chunk = b"a" * MEGABYTE
    for _ in range(told.huge_bytes // MEGABYTE):
        await response.write(chunk)
    await response.write(b'"}\n\n' if _is_nanochat(request) else b'"}}]}')
    return response


async def _bomb(request: web.Request, told: Behaviour) -> web.StreamResponse:
    """About 1 MB on the wire for 1 GB; sent packed even where that was not asked for."""
    packed = gzip.compress(b"a" * MEGABYTE) * (told.huge_bytes // MEGABYTE)
    return web.Response(body=packed, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})


async def _close(request: web.Request, told: Behaviour) -> web.StreamResponse:
    return _closed(request)


async def _redirect(request: web.Request, told: Behaviour) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": told.location})


def _closed(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _is_nanochat(request: web.Request) -> bool:
    return not request.path.startswith("/v1/")


def _type_of(request: web.Request) -> str:
    return "text/event-stream" if _is_nanochat(request) else "application/json"


KINDS: dict[str, Callable[[web.Request, Behaviour], Awaitable[web.StreamResponse]]] = {
    "html": _html,
    "empty": _empty,
    "null": _null,
    "garbage": _garbage,
    "silence": _silence,
    "trickle": _trickle,
    "cut": _cut,
    "huge": _huge,
    "bomb": _bomb,
    "close": _close,
    "redirect": _redirect,
}
