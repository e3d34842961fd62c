"""One exchange with a server: bounded in time and size, and every way in which it can fail as a Fault."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import aiohttp
import orjson
from yarl import URL

from webapp.common.errors import Unprocessable
from webapp.evals.addresses import AddressPolicy, check_key
from webapp.evals.asking.failures import Fault, quoted, scrub, shortened, status_fault
from webapp.evals.asking.questions import Connection
from webapp.evals.asking.resolving import AddressRefused, Lookup, open_session
from webapp.evals.asking.waiting import retry_after

#: The largest answer that is read, and how much of an error is.
LARGEST_ANSWER = 8 * 1024 * 1024
LARGEST_ERROR = 64 * 1024

T = TypeVar("T")


@dataclass(frozen=True)
class Heard:
    """A whole answer, whatever its status."""

    status: int
    content_type: str
    body: bytes
    wait: float | None = None

    def json(self) -> dict[str, Any]:
        """The object that the body is. Raises Fault (html, empty, garbage)."""
        if not self.body.strip():
            raise Fault("empty", "The server sent an empty answer.", retry=True)
        try:
            found = orjson.loads(self.body)
        except ValueError:
            raise self._unreadable() from None
        if not isinstance(found, dict):
            raise Fault("garbage", "The server sent JSON that is no answer of a chat model.", retry=True)
        return found

    def _unreadable(self) -> Fault:
        if self.content_type == "text/html" or self.body.lstrip()[:1] == b"<":
            text = "The server sent a web page instead of an answer. Check the address, and whether it needs a log-in."
            return Fault("html", text, retry=True)
        return Fault("garbage", "The server sent an answer that is not valid JSON.", retry=True)


class Wire:
    """A session with one endpoint, its address checked and its key in place; an async context manager.

    `lookup` resolves names in place of the system's (tests). Making it raises Fault when address or key cannot be used.
    """

    def __init__(self, connection: Connection, policy: AddressPolicy, lookup: Lookup | None = None) -> None:
        self.connection = connection
        self.base = _or_fault("address", policy.check, connection.address).url
        self._policy = policy
        self._lookup = lookup
        self._headers = {
            "Accept": "application/json, text/event-stream",
            # Packed answers are refused: a few bytes of them can hold gigabytes.
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "Winnow",
        }
        if connection.key:
            self._headers["Authorization"] = f"Bearer {_or_fault('key_refused', check_key, connection.key)}"
        self._call = URL(f"{self.base}/chat/completions", encoded=True)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = open_session(self._policy, self._lookup)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def chat(self, body: Mapping[str, Any]) -> Heard:
        """Send a chat request; the answer has the status 200. Raises Fault."""
        heard = await self.send("POST", self._call, body)
        if heard.status != 200:
            raise status_fault(heard.status, self.words(heard.body), heard.wait)
        return heard

    async def send(self, method: str, url: str | URL, body: Mapping[str, Any] | None = None) -> Heard:
        """Send JSON to a whole address, with the key; any status comes back. Raises Fault when no answer does.

        For the endpoint's own server: the key goes to wherever `url` leads.
        """
        if self._session is None:
            raise RuntimeError("the wire is not open")
        seconds = self.connection.timeout_seconds
        data = None if body is None else orjson.dumps(body)
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(method, url, data=data, headers=self._headers, allow_redirects=False) as response,
            ):
                return await _heard(response)
        except TimeoutError:
            raise Fault("timeout", f"No complete answer within {seconds:g} seconds.", retry=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _transport_fault(error) from None

    def words(self, body: bytes) -> str:
        """What an error's body says; the key is taken out before it is shortened, or a part of it would stay."""
        return shortened(scrub(quoted(body), self.connection.key))


def _or_fault(kind: str, check: Callable[[str], T], text: str) -> T:
    try:
        return check(text)
    except Unprocessable as error:
        raise Fault(kind, str(error), pauses=True) from None


async def _heard(response: aiohttp.ClientResponse) -> Heard:
    if response.headers.get("Content-Encoding", "identity").lower() not in {"identity", ""}:
        raise Fault("garbage", "The server sent a packed answer, which it was not asked for.", retry=True)
    if response.status == 200:
        body = await _read(response, LARGEST_ANSWER)
        return Heard(200, response.content_type, body)
    body = await _begin(response, LARGEST_ERROR)
    return Heard(response.status, response.content_type, body, retry_after(response.headers))


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body; nothing near a body that is too large is ever held."""
    length = response.content_length
    if length is not None and length > most:
        raise _too_large(most)
    if length is not None:
        return await response.read()
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


async def _begin(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The beginning of a body: an error is told by its status, so that its end does not matter."""
    parts, size = [], 0
    try:
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size >= most:
                break
    except aiohttp.ClientPayloadError:
        pass
    return b"".join(parts)[:most]


def _too_large(most: int) -> Fault:
    return Fault("too_large", f"The answer is larger than {most // 1024**2} MB, the most that is read.", retry=True)


def _transport_fault(error: Exception) -> Fault:
    """What went wrong below the answer. Texts of aiohttp are not passed on: some hold the headers that were sent."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefused):
        return Fault("address", str(cause), pauses=True)
    for kinds, kind, message in _TRANSPORT:
        if isinstance(error, kinds):
            return Fault(kind, message, retry=kind not in {"tls", "address"})
    return Fault("closed", "The server closed the connection before it had answered.", retry=True)


#: The first that fits counts.
_TRANSPORT: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), "dns", "The name of the server was not found. Check the address."),
    (
        (aiohttp.ClientSSLError,),
        "tls",
        "No secure connection could be made: the server's certificate is not valid, or it does not speak https.",
    ),
    (
        (aiohttp.ClientConnectorError,),
        "refused",
        "No connection: nothing answers at this address. Check that the server runs.",
    ),
    ((aiohttp.ClientPayloadError,), "cut_stream", "The answer ended in the middle."),
    ((aiohttp.InvalidURL, ValueError), "address", "The address cannot be called. Check it at the endpoint."),
    ((aiohttp.ClientResponseError,), "garbage", "What the server sent is not HTTP that can be read."),
)
