"""Which addresses an endpoint may have: read strictly, private ones only where they are listed."""

from ipaddress import ip_address

import pytest
from pytest_django import Settings

from webapp.common.errors import Unprocessable
from webapp.evals.address_policy import current_policy
from webapp.evals.addresses import AddressPolicy, check_address, check_key, is_public

pytestmark = pytest.mark.once

NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file:///etc/passwd", "must begin with http"),  # 79
        ("ftp://example.org/v1", "must begin with http"),
        ("gopher://example.org/", "must begin with http"),
        ("example.org/v1", "must begin with http"),  # 80
        ("//example.org/v1", "must begin with http"),
        ("http:/example.org/v1", "must begin with http"),
        ("http:example.org", "must begin with http"),
        ("http:///v1", "host is missing"),  # 81
        ("http://:8000/v1", "host is missing"),
        ("http://user:pass@example.org/v1", "name and password"),  # 82
        ("http://user@example.org/v1", "name and password"),
        ("http://example.org@127.0.0.1/v1", "name and password"),
        ("http://2130706433/v1", "four decimal numbers"),  # 83
        ("http://0x7f.1/v1", "four decimal numbers"),
        ("http://0x7f000001/v1", "four decimal numbers"),
        ("http://127.1/v1", "four decimal numbers"),
        ("http://0177.0.0.1/v1", "four decimal numbers"),
        ("http://127.0.0.01/v1", "four decimal numbers"),
        ("http://127.0.0.1./v1", "four decimal numbers"),
        ("http://127.0.0.256/v1", "four decimal numbers"),
        ("http://1.2.3.4.5/v1", "four decimal numbers"),
        ("http://name.0x7f/v1", "four decimal numbers"),
        ("http://①②⑦.⓪.⓪.①/v1", "not ASCII"),
        ("http://１２７.0.0.1/v1", "not ASCII"),
        ("http://127。0。0。1/v1", "not ASCII"),
        ("http://%31%32%37.0.0.1/v1", "four decimal numbers"),
        ("http://%6cocalhost/v1", "no name of a host"),
        ("http://example.org:99999/v1", "port must be"),  # 84
        ("http://example.org:0/v1", "port must be"),
        ("http://example.org:/v1", "port must be"),
        ("http://example.org:-1/v1", "port must be"),
        ("http://example.org:8e3/v1", "port must be"),
        ("http://exam\tple.org/v1", "a tab"),  # 85
        ("http://example.org\t/v1", "a tab"),
        ("http://example.org/v1\n", "a tab"),
        ("http://example.org/v\x001", "invisible"),
        ("http://[::ffff:169.254.169.254]/v1", "private address"),  # 86
        ("http://[64:ff9b::7f00:1]/v1", "private address"),
        ("http://64:ff9b::7f00:1/v1", "brackets"),
        ("http://[2002:7f00:1::1]/v1", "private address"),
        ("http://100.64.0.1/v1", "private address"),
        ("http://[fe80::1%25eth0]/v1", "zone"),
        ("http://[fe80::1/v1", "brackets"),
        ("http://[nonsense]/v1", "no IPv6 address"),
        ("http://exam ple.org/v1", "a space"),  # 87
        (" http://example.org/v1", "a space"),
        ("http://example.org/v1\u00a0", "a space"),
        ("http://example.org/v1\u200b", "invisible"),
        ("http://example.org/v1?key=1", "before ? or #"),  # 89
        ("http://example.org/v1#top", "before ? or #"),
        ("http://example.org?x", "before ? or #"),
        ("http://example.org\\@127.0.0.1/v1", "backslash"),
        ("http://exa..mple.org/v1", "no name of a host"),
        ("http://-example.org/v1", "no name of a host"),
        ("http://example.org/v1/../admin", "does not belong"),
        ("http://example.org/v1/chat/completions", "Leave out"),
        ("", "missing"),
        ("http://example.org/" + "a" * 500, "longer than"),
    ],
)
def test_a_bad_address_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(Unprocessable, match=says.replace("?", r"\?")):
        check_address(text, allowed_private=NOTHING)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.example.org/v1", "https://api.example.org:443/v1"),
        ("HTTP://API.Example.org:8000/v1/", "http://api.example.org:8000/v1"),
        ("http://8.8.8.8", "http://8.8.8.8:80"),
        ("http://[2606:4700:0:0::1111]:8000/v1//", "http://[2606:4700::1111]:8000/v1"),
        ("http://gpu_box-1:8000", "http://gpu_box-1:8000"),
        ("https://xn--bcher-kva.example/a%20b", "https://xn--bcher-kva.example:443/a%20b"),
        ("http://123.example.org/v1", "http://123.example.org:80/v1"),
    ],
)
def test_a_good_address_gets_its_one_spelling(text: str, url: str) -> None:
    assert str(check_address(text, allowed_private=NOTHING)) == url


@pytest.mark.parametrize(
    "number",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "2002:7f00:1::1", "2002:a9fe:a9fe::", "100::1",
        "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_what_is_not_one_host_on_the_internet_is_private(number: str) -> None:
    assert not is_public(ip_address(number))
    host = f"[{number}]" if ":" in number else number
    with pytest.raises(Unprocessable, match="private address"):
        check_address(f"http://{host}/v1", allowed_private=NOTHING)


@pytest.mark.parametrize(
    "number",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255",
     "2606:4700::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "2002:808:808::1", "2001:4860:4860::8888"],
)  # fmt: skip
def test_what_is_one_host_on_the_internet_is_public(number: str) -> None:
    assert is_public(ip_address(number))


@pytest.mark.parametrize("text", ["http://localhost:8000/v1", "http://model.localhost/v1", "http://LOCALHOST/v1"])
def test_the_name_of_this_machine_is_private(text: str) -> None:
    with pytest.raises(Unprocessable, match="ENDPOINT_ADDRESSES"):
        check_address(text, allowed_private=NOTHING)
    assert check_address(text, allowed_private=NOTHING, loopback=True)


def test_a_listed_pair_is_allowed_and_its_neighbours_are_not() -> None:
    listed = {"10.0.0.5:8000", "[fd00::5]:8000", "localhost:9000"}
    for text in (
        "http://10.0.0.5:8000/v1",
        "https://10.0.0.5:8000",
        "http://[fd00:0::5]:8000/v1",
        "http://localhost:9000",
    ):
        assert check_address(text, allowed_private=listed)
    for text in ("http://10.0.0.5/v1", "http://10.0.0.5:8001/v1", "http://10.0.0.6:8000/v1", "http://localhost:9001"):
        with pytest.raises(Unprocessable, match="private address"):
            check_address(text, allowed_private=listed)


def test_loopback_is_this_machine_alone() -> None:
    policy = AddressPolicy(loopback=True)
    for text in ("http://127.0.0.1:8000/v1", "http://127.9.9.9/v1", "http://[::1]:8000/v1"):
        assert policy.check(text)
    for text in (
        "http://10.0.0.1/v1",
        "http://169.254.169.254/v1",
        "http://0.0.0.0:8000/v1",
        "http://[::ffff:127.0.0.1]/",
    ):
        with pytest.raises(Unprocessable, match="private address"):
            policy.check(text)


@pytest.mark.parametrize("key", ["a\nb", "a\r\nX-Other: 1", "a\tb", "a\0b", "schlüssel", "“quoted”", "a\x7fb"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(Unprocessable) as caught:  # 88
        check_key(key)
    assert key not in str(caught.value)


def test_the_policy_comes_from_the_settings(settings: Settings) -> None:
    settings.ENDPOINT_ADDRESSES, settings.ENDPOINT_LOOPBACK = ["10.0.0.5:8000"], False
    assert current_policy() == AddressPolicy(frozenset({"10.0.0.5:8000"}), loopback=False)
