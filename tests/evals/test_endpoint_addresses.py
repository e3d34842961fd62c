"""Addresses and keys that cannot be: the numbers are those of the list of bad inputs. Refused at the field, unasked."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.evals.making import make_endpoint
from webapp.common.errors import WinnowError
from webapp.evals.actions import endpoints as actions
from webapp.evals.endpoints import EndpointFields
from webapp.evals.models import ModelEndpoint

pytestmark = pytest.mark.django_db

NEW = "/evaluate/endpoints/new"
KEY = "sk-never-to-be-seen-4711"
BAD = {
    "79 a file": "file:///etc/passwd",
    "80 no scheme": "127.0.0.1:8000/v1",
    "81 no host": "http:///v1",
    "82 a password": "http://user:pass@127.0.0.1/v1",
    "83 one number": "http://2130706433/v1",
    "83 hexadecimal": "http://0x7f.1/v1",
    "83 short": "http://127.1/v1",
    "83 octal": "http://0177.0.0.1/v1",
    "83 circled": "http://①②⑦.⓪.⓪.①/v1",
    "84 port": "http://127.0.0.1:99999/v1",
    "85 a tab": "http://127.0.\t0.1/v1",
    "86 mapped": "http://[::ffff:169.254.169.254]/v1",
    "86 NAT64": "http://[64:ff9b::7f00:1]/v1",
    "86 6to4": "http://[2002:7f00:1::1]/v1",
    "86 shared": "http://100.64.0.1/v1",
    "87 a space": "http://127.0.0.1/v1 ",
    "87 a space before": " http://127.0.0.1/v1",
    "89 a fragment": "http://127.0.0.1/v1#x",
    "89 a query": "http://127.0.0.1/v1?x=1",
    "91 the metadata service": "http://169.254.169.254/latest",
    "a NUL": "http://127.0.0.1/\0",
    "too long": f"http://127.0.0.1/{'x' * 500}",
}


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings: Settings) -> None:
    """So that each is refused for what it is."""
    settings.ENDPOINT_LOOPBACK = True


def form(**fields: str) -> dict[str, str]:
    limits = {"concurrency": "4", "timeout_seconds": "60", "tries": "2"}
    usual = {"adapter": "openai", "name": "tiny", "address": "http://127.0.0.1:9/v1", "model": "tiny", "key": KEY}
    return usual | limits | fields


@pytest.mark.parametrize("address", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("adapter", ["openai", "nanochat"])
def test_a_bad_address_is_refused_at_its_field(curating: Client, adapter: str, address: str) -> None:
    answer = curating.post(NEW, form(address=address, adapter=adapter))
    assert answer.status_code == 422
    bound = answer.context["form"]
    assert list(bound.errors) == ["address"]
    assert len(bound.errors["address"]) == 1
    assert bound["address"].value() == address
    assert "address_error" in answer.text
    assert 'value="tiny"' in answer.text
    assert KEY not in answer.text
    assert not ModelEndpoint.objects.filter(name="tiny").exists()


@pytest.mark.parametrize("address", BAD.values(), ids=BAD.keys())
def test_the_command_line_is_refused_the_same(address: str) -> None:
    with pytest.raises(WinnowError):
        actions.add_endpoint(fields=EndpointFields("tiny", address, model="tiny"), key="", by=None)
    assert not ModelEndpoint.objects.filter(name="tiny").exists()


@pytest.mark.parametrize("key", ["sk-one\nHost: evil", "sk-one\r\n", "sk-one\x00", "sk-öne", "sk-" + "x" * 4001])
def test_a_bad_key_is_refused_at_its_field_and_not_repeated(curating: Client, key: str) -> None:
    """88."""
    endpoint = make_endpoint("other")
    for address in (NEW, f"/evaluate/endpoints/{endpoint.pk}/edit"):
        answer = curating.post(address, form(key=key))
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["key"]
        assert "sk-" not in answer.text
    assert not ModelEndpoint.objects.exclude(encrypted_key="").exists()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000/v1", "http://localhost:8000/v1", "http://10.0.0.5:8000/v1", "http://[::1]:8000"]
)
def test_in_production_no_private_address_is_allowed_until_it_is_listed(
    curating: Client, settings: Settings, address: str
) -> None:
    """The refusal names the setting and what to put there."""
    settings.ENDPOINT_LOOPBACK = False
    refused = curating.post(NEW, form(address=address))
    assert "ENDPOINT_ADDRESSES" in str(refused.context["form"].errors["address"])
    settings.ENDPOINT_ADDRESSES = [address.split("/")[2]]
    bound = refused.context["form"].__class__(form(address=address))
    assert bound.is_valid()


def test_a_name_that_leads_to_a_private_address_is_not_called(curating: Client, settings: Settings) -> None:
    """90: known only when it is connected to, by the address that it then has; the page says so."""
    settings.ENDPOINT_LOOPBACK = False
    endpoint = make_endpoint(address="http://localhost:9/v1")
    curating.post(f"/evaluate/endpoints/{endpoint.pk}/probe")
    assert "private address" in curating.get(f"/evaluate/endpoints/{endpoint.pk}/").text


@pytest.mark.parametrize(("typed", "stored"), [("HTTP://LocalHost:80/v1/", "http://localhost:80/v1")])
def test_an_address_is_stored_in_one_spelling(curating: Client, typed: str, stored: str) -> None:
    curating.post(NEW, form(address=typed, key=""))
    assert ModelEndpoint.objects.get(name="tiny").address == stored
