"""A name is judged by what it resolves to, and what was judged is what is connected to."""

import asyncio
import socket
from collections.abc import Callable

import pytest
from aiohttp.abc import ResolveResult

from tests.evals.asking.helpers import HERE, failure_of, question, reply_of
from tests.standin import StandIn
from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.asker import ask_once
from webapp.evals.asking.questions import Connection
from webapp.evals.asking.resolving import AddressRefused, CheckedResolver

pytestmark = pytest.mark.once

Connect = Callable[..., Connection]


class Names:
    """A name server of the test's own: each look-up gives the next list of numbers, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        self.asked.append(host)
        numbers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not numbers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            ResolveResult(
                hostname=host, host=number, port=port, proto=0, flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in number else socket.AF_INET,
            )
            for number in numbers
        ]  # fmt: skip


def named(connect: Connect, server: StandIn, name: str = "model.example.org") -> Connection:
    return connect(address=f"http://{name}:{server.port}/v1", tries=1)


def test_a_listed_name_may_lead_to_a_private_address(connect: Connect, server: StandIn) -> None:
    policy = AddressPolicy(frozenset({f"model.example.org:{server.port}"}))
    found = ask_once(named(connect, server), question(), policy, lookup=Names(["127.0.0.1"]))
    assert reply_of(found).text == "A"


@pytest.mark.parametrize("numbers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["169.254.169.254"]])
def test_a_name_with_a_private_address_among_others_is_refused(
    connect: Connect, server: StandIn, numbers: list[str]
) -> None:
    found = failure_of(ask_once(named(connect, server), question(), AddressPolicy(), lookup=Names(numbers)))
    assert (found.kind, found.pauses) == ("address", True)
    assert f"model.example.org:{server.port}" in found.message
    assert "ENDPOINT_ADDRESSES" in found.message
    assert server.stats()["total"] == 0


def test_a_name_that_turns_private_is_refused_at_the_next_look_up(connect: Connect, server: StandIn) -> None:
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    resolver = CheckedResolver(AddressPolicy(), names)

    async def twice() -> None:
        await resolver.resolve("model.example.org", server.port)
        await resolver.resolve("model.example.org", server.port)

    with pytest.raises(AddressRefused):
        asyncio.run(twice())
    assert len(names.asked) == 2


def test_exactly_the_checked_number_is_connected_to(connect: Connect, server: StandIn) -> None:
    """The second look-up would lead elsewhere (90): the connection does not make one."""
    policy = AddressPolicy(frozenset({f"model.example.org:{server.port}"}))
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    assert reply_of(ask_once(named(connect, server), question(), policy, lookup=names)).text == "A"
    assert names.asked == ["model.example.org"]


def test_the_last_gate_refuses_numbers_that_no_resolver_has_seen() -> None:
    resolver = CheckedResolver(AddressPolicy(), Names(["93.184.216.34"]))
    with pytest.raises(AddressRefused, match="private address"):
        resolver.open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80)))
    resolver.open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.216.34", 80))).close()


@pytest.mark.parametrize("host", ["2130706433", "127.1", "127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
def test_a_private_literal_is_refused_without_a_connection(connect: Connect, server: StandIn, host: str) -> None:
    found = failure_of(ask_once(named(connect, server, host), question(), AddressPolicy()))
    assert (found.kind, found.pauses, found.tries) == ("address", True, 0)
    assert server.stats()["total"] == 0


def test_a_name_that_is_not_found_is_a_failure_of_its_own(connect: Connect, server: StandIn) -> None:
    found = failure_of(ask_once(named(connect, server), question(), HERE, lookup=Names([])))
    assert (found.kind, found.pauses) == ("dns", False)


@pytest.mark.parametrize("adapter", ["openai", "nanochat"])
@pytest.mark.parametrize("target", ["/redirected", "http://169.254.169.254/latest/meta-data"])
def test_no_redirect_is_followed(connect: Connect, server: StandIn, adapter: str, target: str) -> None:
    server.behave(fault="redirect", location=target)
    found = failure_of(ask_once(connect(adapter=adapter), question(), HERE))
    assert found.kind == "redirect"
    assert server.stats()["redirected"] == 0
