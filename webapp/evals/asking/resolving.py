"""How names of endpoints become connections: only to numbers that were checked, and to exactly those."""

import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from webapp.evals.addresses import AddressPolicy, pair_of, refusal_of

#: Looks up a name: (host, port, family) → what it resolves to.
Lookup = Callable[[str, int, socket.AddressFamily], Awaitable[list[ResolveResult]]]
#: As aiohttp hands it to a factory of sockets: family, type, protocol, canonical name, address.
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]

# Below the 5 seconds after which many servers close an idle connection: reusing a closed one would cost a try.
KEEP_SECONDS = 4.0
DNS_SECONDS = 60


class AddressRefused(OSError):
    """A private address, which nobody has allowed. `str` is for people."""


class CheckedResolver(AbstractResolver):
    """Looks up names and refuses those with a private address among the results.

    All are judged, not only the first: which of them is connected to is not decided here.
    """

    def __init__(self, policy: AddressPolicy, lookup: Lookup | None = None) -> None:
        self.policy = policy
        self.lookup = lookup or ThreadedResolver().resolve
        self._handed_out: set[tuple[str, int]] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises AddressRefused, or what the look-up raises (OSError)."""
        found = await self.lookup(host, port, family)
        for entry in found:
            if not self.policy.allows(host, port, ip_address(entry["host"].partition("%")[0])):
                raise AddressRefused(f"The name {host} leads to a private address. {refusal_of(pair_of(host, port))}")
        self._handed_out.update((entry["host"], port) for entry in found)
        return found

    async def close(self) -> None:
        """There is nothing to give back."""

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Make the socket for one address, as the last gate: numbers in an address never come through `resolve`.

        Raises AddressRefused for a private address that was neither listed nor checked here as that of a listed name.
        """
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(str(address[1]))
        number = ip_address(host.partition("%")[0])
        if (host, port) not in self._handed_out and not self.policy.allows(host, port, number):
            raise AddressRefused(refusal_of(pair_of(host, port)))
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def open_session(policy: AddressPolicy, lookup: Lookup | None = None) -> aiohttp.ClientSession:
    """A session that reaches allowed addresses only; needs a running loop. It keeps no cookies and asks no proxy.

    Its own limits are off: the asker has them, with the deadline and the one layer of tries.
    """
    resolver = CheckedResolver(policy, lookup)
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        socket_factory=resolver.open_socket,
        limit=0,
        keepalive_timeout=KEEP_SECONDS,
        ttl_dns_cache=DNS_SECONDS,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        trust_env=False,
    )
