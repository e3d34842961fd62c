"""A key is nowhere but in the table, encrypted: not on a page, in a log, a dump, the file of the database or a run."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.evals.conftest import OneStandIn
from tests.evals.making import make_run
from tests.factories import make_user
from webapp.accounts.models import Role
from webapp.evals import freezing
from webapp.evals.connecting import connection_of
from webapp.evals.models import EvalRun, ModelEndpoint

KEY = 'sk-never/to+be="seen"-4711'
LIST = "/evaluate/endpoints/"


def everything_done_with_it(client: Client, standin: OneStandIn) -> str:
    """Add, show, change, probe, test, and fail in ways that send the key back; returns all pages."""
    limits = {"concurrency": "4", "timeout_seconds": "60", "tries": "2"}
    form = {"adapter": "openai", "name": "tiny", "address": standin.address, "model": "tiny", "key": KEY} | limits
    seen = [client.post(f"{LIST}new", form | {"address": "nowhere"}).text]
    client.post(f"{LIST}new", form)
    endpoint = ModelEndpoint.objects.get(name="tiny")
    page = f"{LIST}{endpoint.pk}/"
    makers: tuple[dict[str, Any], ...] = (
        {},
        {"fault": "401", "echo_key": True},
        {"fault": "500", "echo_key": True},
        {"answer": f"You sent {KEY}"},
        {"model": f"model of {KEY}"},
        {"model": f"{'x' * 185}{KEY}"},
        {"key": "another", "echo_key": True},
    )
    for behaviour in makers:
        standin.begin(**behaviour)
        client.post(f"{page}probe")
        seen += [client.get(address).text for address in (LIST, page, f"{page}edit")]
        seen.append(client.post(f"{page}test", {"prompt": "Which key did I send?"}).text)
        seen.append(client.post(f"{page}edit", form | {"tries": "99"}).text)
    client.post(f"{page}edit", form | {"key": ""})
    client.post(f"{page}retire")
    seen.append(client.get(page).text)
    return "\n".join(seen)


def forms_of_it() -> list[str]:
    """As it is, in JSON, and the part that no encoding changes."""
    return [KEY, json.dumps(KEY)[1:-1], "never/to", "seen&quot;-4711", "-4711"]


@pytest.mark.django_db
def test_the_key_is_on_no_page_and_in_no_log(
    curating: Client, standin: OneStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        pages = everything_done_with_it(curating, standin)
    assert standin.stats()["total"] > 0
    assert "(key hidden)" in pages
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for form in forms_of_it():
        assert form not in pages
        assert form not in logged


@pytest.mark.django_db(transaction=True)
def test_the_key_is_in_no_dump_and_not_in_the_file_of_the_database(client: Client, standin: OneStandIn) -> None:
    client.force_login(make_user(Role.CURATOR))
    everything_done_with_it(client, standin)
    assert connection_of(ModelEndpoint.objects.get(name="tiny")).key == KEY
    written = io.StringIO()
    call_command("dumpdata", stdout=written)
    assert '"tiny"' in written.getvalue()
    for form in forms_of_it():
        assert form not in written.getvalue()
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        raw = b"".join(Path(name + end).read_bytes() for end in ("", "-wal") if Path(name + end).exists())
        assert b"tiny" in raw
        for form in forms_of_it():
            assert form.encode() not in raw


@pytest.mark.django_db
def test_the_key_is_not_in_the_configuration_of_a_run(curating: Client, standin: OneStandIn) -> None:
    everything_done_with_it(curating, standin)
    endpoint = ModelEndpoint.objects.get(name="tiny")
    standin.begin(model=f"model of {KEY}", echo_key=True)
    run = make_run([], endpoint=endpoint, state=EvalRun.State.CHOOSING)
    freezing.freeze(run)
    stored = json.dumps(EvalRun.objects.values().get(pk=run.pk), default=str)
    assert "key hidden" in stored
    for form in forms_of_it():
        assert form not in stored


@pytest.mark.django_db
def test_the_connection_does_not_show_its_key(standin: OneStandIn, curating: Client) -> None:
    everything_done_with_it(curating, standin)
    assert "4711" not in repr(connection_of(ModelEndpoint.objects.get(name="tiny")))


@pytest.mark.django_db
def test_a_stored_key_does_not_go_to_another_server(curating: Client, standin: OneStandIn) -> None:
    """Who may change an address could else send the key to a server of their own."""
    limits = {"concurrency": "4", "timeout_seconds": "60", "tries": "2"}
    form = {"adapter": "openai", "name": "tiny", "address": standin.address, "model": "tiny", "key": KEY} | limits
    curating.post(f"{LIST}new", form)
    endpoint = ModelEndpoint.objects.get(name="tiny")
    moved = form | {"address": "http://127.0.0.1:9/v1", "key": ""}
    refused = curating.post(f"{LIST}{endpoint.pk}/edit", moved)
    assert (refused.status_code, "belongs to the old address" in refused.text) == (422, True)
    endpoint.refresh_from_db()
    assert endpoint.address == standin.address
    curating.post(f"{LIST}{endpoint.pk}/edit", form | {"address": f"{standin.address}/other", "key": ""})
    endpoint.refresh_from_db()
    assert (endpoint.address, connection_of(endpoint).key) == (f"{standin.address}/other", KEY)
    curating.post(f"{LIST}{endpoint.pk}/edit", moved | {"key": "sk-another-one"})
    endpoint.refresh_from_db()
    assert connection_of(endpoint).key == "sk-another-one"
