"""Which addresses an endpoint may have, and which of them may be connected to.

A server that calls addresses which users type can be made to call what only it can reach: databases of the same
network, the metadata service of a cloud. So an address is read strictly, in one way only; what is private (loopback
included) is refused unless an administrator has listed it; and the check is made again on the numbers that a name
resolves to (webapp/evals/asking/resolving.py), because the name's owner decides what those are, each time anew.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from webapp.common.errors import Unprocessable

IPAddress = IPv4Address | IPv6Address

LONGEST_ADDRESS = 500
_PORTS = {"http": 80, "https": 443}
_EXAMPLE = "for example http://127.0.0.1:8000/v1"
_CALL = "/chat/completions"

_SPLIT = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<place>[^/]*)(?P<path>/.*)?", re.DOTALL)
_PLACE = re.compile(r"(?:\[(?P<v6>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>[^:]*))?", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_IPV4 = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}", re.ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")

#: What is not one host on the public internet, by the registries of special-purpose addresses (RFC 6890 and later).
_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ),
    )
)  # fmt: skip
#: Of IPv6 only 2000::/3 is given out, without these.
_PUBLIC_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_MAPPED, _NAT64, _6TO4 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")


@dataclass(frozen=True)
class CheckedAddress:
    """A base address in its one spelling; `ip` where the host is a number. `host` has no brackets."""

    scheme: str
    host: str
    port: int
    path: str = ""
    ip: IPAddress | None = None

    @property
    def pair(self) -> str:
        """Host and port, as an administrator lists them."""
        return pair_of(self.host, self.port)

    @property
    def url(self) -> str:
        """The address as text, without a slash at the end."""
        return f"{self.scheme}://{self.pair}{self.path}"

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class AddressPolicy:
    """Private addresses that may be called: `pairs` of "host:port", and with `loopback` any port of this machine.

    Public addresses may always be called.
    """

    pairs: frozenset[str] = frozenset()
    loopback: bool = False

    def check(self, text: str) -> CheckedAddress:
        """Read a base address. Raises Unprocessable with what is wrong with it, and what to do."""
        return check_address(text, allowed_private=self.pairs, loopback=self.loopback)

    def allows(self, host: str, port: int, ip: IPAddress) -> bool:
        """Whether `ip` may be connected to, as an address of `host`."""
        if is_public(ip) or (self.loopback and ip.is_loopback):
            return True
        return not self.pairs.isdisjoint({pair_of(host, port), pair_of(str(ip), port)})


def check_address(text: str, *, allowed_private: Collection[str], loopback: bool = False) -> CheckedAddress:
    """Read a base address. `allowed_private` lists "host:port" (IPv6 in brackets); `loopback` allows this machine's.

    Raises Unprocessable with what is wrong with it, and what to do. A name is looked up when it is connected to, not
    here; of names only "localhost" is known to be private.
    """
    _check_characters(text)
    found = _SPLIT.fullmatch(text)
    if found is None or found["scheme"].lower() not in _PORTS:
        raise Unprocessable(f"The address must begin with http:// or https://, {_EXAMPLE}.")
    scheme = found["scheme"].lower()
    host, port, ip = _place(found["place"], _PORTS[scheme])
    checked = CheckedAddress(scheme, host, port, _path(found["path"] or ""), ip)
    here = IPv4Address("127.0.0.1") if host == "localhost" or host.endswith(".localhost") else ip
    policy = AddressPolicy(frozenset(allowed_private), loopback)
    if here is not None and not policy.allows(host, port, here):
        raise Unprocessable(refusal_of(checked.pair))
    return checked


def check_key(key: str) -> str:
    """The key, which a header can carry. Raises Unprocessable, without repeating it."""
    if not key.isascii() or not key.isprintable():
        raise Unprocessable("The key holds a line break or another character that cannot be sent. Enter it again.")
    return key


def refusal_of(pair: str) -> str:
    """Say that a private address may not be called, and who can change that."""
    return f"{pair} is a private address. An administrator can list {pair} in the setting ENDPOINT_ADDRESSES."


def is_public(ip: IPAddress) -> bool:
    """Whether it is an address of one host on the public internet; IPv4 inside of IPv6 counts as what it stands for."""
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_V4)
    inner = _inner(ip)
    if inner is not None:
        return is_public(inner)
    return ip in _PUBLIC_V6 and not any(ip in network for network in _NOT_PUBLIC_V6)


def pair_of(host: str, port: int) -> str:
    """Host and port as in an address: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to `ip` end up at."""
    if ip in _MAPPED or ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return IPv4Address(int(ip) >> 80 & 0xFFFFFFFF) if ip in _6TO4 else None


def _check_characters(text: str) -> None:
    if not text:
        raise Unprocessable(f"The address is missing. Enter one, {_EXAMPLE}.")
    if len(text) > LONGEST_ADDRESS:
        raise Unprocessable(f"The address is longer than {LONGEST_ADDRESS} characters.")
    if any(sign.isspace() or not sign.isprintable() for sign in text):
        raise Unprocessable("The address holds a space, a tab or an invisible character. Remove it.")
    if not text.isascii():
        raise Unprocessable("The address holds a character that is not ASCII. Write the host name in its xn-- form.")
    if "?" in text or "#" in text:
        raise Unprocessable("The address must end before ? or #: Winnow adds the path of the call to it.")
    if "\\" in text:
        raise Unprocessable("The address holds a backslash. Use / instead.")


def _place(place: str, default_port: int) -> tuple[str, int, IPAddress | None]:
    """Host, port, and the number where the host is one."""
    if "@" in place:
        raise Unprocessable("Leave out the name and password before @: a key has a field of its own.")
    found = _PLACE.fullmatch(place)
    if found is None:
        raise Unprocessable(
            "The host cannot be read. An IPv6 address stands in brackets, for example http://[::1]:8000."
        )
    port = default_port if found["port"] is None else _port(found["port"])
    if found["v6"] is not None:
        v6 = _ipv6(found["v6"])
        return str(v6), port, v6
    host = found["name"].lower()
    v4 = _ipv4(host)
    return (host, port, v4) if v4 else (_name(host), port, None)


def _port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or not 0 < int(text) < 65536:
        raise Unprocessable(f"The port must be a number from 1 to 65,535, not “{text[:20]}”.")
    return int(text)


def _ipv6(text: str) -> IPv6Address:
    if "%" in text:
        raise Unprocessable("An address with a zone (%) cannot be called. Use one that is not link-local.")
    try:
        return IPv6Address(text)
    except ValueError:
        raise Unprocessable("What stands in brackets is no IPv6 address.") from None


def _ipv4(host: str) -> IPv4Address | None:
    """The number that `host` is; None for a name. A host whose last part is a number is a number, or nothing."""
    if not _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return None
    try:
        if _IPV4.fullmatch(host):
            return IPv4Address(host)
    except ValueError:
        pass
    raise Unprocessable("Write the number of the host as four decimal numbers from 0 to 255, for example 127.0.0.1.")


def _name(host: str) -> str:
    if not host:
        raise Unprocessable(f"The host is missing. Enter a whole address, {_EXAMPLE}.")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise Unprocessable(f"“{host[:60]}” is no name of a host: letters, digits, dashes and single dots are allowed.")
    return host


def _path(path: str) -> str:
    if not _PATH.fullmatch(path) or ".." in path:
        raise Unprocessable("The path of the address holds a character that does not belong there.")
    path = path.rstrip("/")
    if path.endswith(_CALL):
        raise Unprocessable(f"Leave out {_CALL} at the end of the address: Winnow adds it.")
    return path
