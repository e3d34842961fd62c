"""The pages of endpoints: worked, stranger, reader, wrong method, bad input."""

import time
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.evals.conftest import OneStandIn
from tests.evals.making import make_endpoint, make_run
from tests.factories import make_user
from webapp.accounts.models import Role, User
from webapp.evals import probing
from webapp.evals.findings import Findings
from webapp.evals.keys import decrypt, encrypt
from webapp.evals.models import EvalRun, ModelEndpoint

pytestmark = pytest.mark.django_db

KEY = "sk-never-to-be-seen-4711"
LIMITS = {"concurrency": "4", "timeout_seconds": "60", "tries": "2"}
LIST = "/evaluate/endpoints/"
NEW = "/evaluate/endpoints/new"


def form(standin: OneStandIn, **fields: str) -> dict[str, str]:
    """A form that works."""
    return {"adapter": "openai", "name": "tiny", "address": standin.address, "model": "tiny", **LIMITS} | fields


def added() -> ModelEndpoint:
    return ModelEndpoint.objects.get(adapter__in=["openai", "nanochat"])


def page_of(endpoint: ModelEndpoint, path: str = "") -> str:
    return f"/evaluate/endpoints/{endpoint.pk}/{path}"


def test_adding_probes_and_shows_what_was_found(curating: Client, curator: User, standin: OneStandIn) -> None:
    assert "Add an endpoint" in curating.get(NEW).text
    answer = curating.post(NEW, form(standin, key=f" {KEY} ", address=f"{standin.address}/"))
    endpoint = added()
    assert answer.headers["Location"] == page_of(endpoint)
    assert (endpoint.name, endpoint.address, endpoint.model) == ("tiny", standin.address, "tiny")
    assert (endpoint.concurrency, endpoint.timeout_seconds, endpoint.tries) == (4, 60, 2)
    assert (decrypt(endpoint.encrypted_key), endpoint.created_by) == (KEY, curator)
    page = curating.get(page_of(endpoint)).text
    assert "Gives the 20 likeliest first tokens" in page
    assert "stored, encrypted" in page
    assert standin.address in page
    assert "probabilities of the letters" in curating.get(LIST).text


def test_an_endpoint_that_does_not_answer_is_saved_and_says_why(
    curating: Client, standin: OneStandIn, port: int
) -> None:
    curating.post(NEW, form(standin, address=f"http://127.0.0.1:{port}/v1"))
    endpoint = added()
    page = curating.get(page_of(endpoint)).text
    assert "Did not answer." in page
    assert "nothing answers at this address" in page
    assert "does not answer" in curating.get(LIST).text


def test_a_silent_server_does_not_hold_the_page(
    curating: Client, standin: OneStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "TRY_SECONDS", 0.5)
    standin.begin(fault="silence")
    began = time.monotonic()
    curating.post(NEW, form(standin))
    assert time.monotonic() - began < 4
    assert "No complete answer within 0.5 seconds" in curating.get(page_of(added())).text


def test_nanochat_needs_no_model_and_is_asked_as_often_as_it_has_gpus(
    curating: Client, standin: OneStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Findings(adapter="nanochat", answers=True, workers=3, streams=True)
    monkeypatch.setattr(probing, "probe", lambda *_, **__: found)
    curating.post(NEW, form(standin, adapter="nanochat", address=standin.nanochat_address, model="left over"))
    endpoint = added()
    assert (endpoint.adapter, endpoint.model, endpoint.concurrency) == ("nanochat", "", 3)
    page = curating.get(page_of(endpoint)).text
    assert "Runs on 3 GPUs: as many questions are asked at once." in page
    assert "Gives no probabilities" in page


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "required"),
        ("name", "   ", "required"),
        ("name", "x" * 101, "at most 100"),
        ("name", "a\0b", "Null characters"),
        ("name", "taken", "already an endpoint called"),
        ("name", "reference", "already an endpoint called"),
        ("adapter", "carrier pigeon", "Select a valid choice"),
        ("adapter", "chance", "Select a valid choice"),
        ("model", "", "Say which model"),
        ("model", "x" * 201, "at most 200"),
        ("address", "", "required"),
        ("concurrency", "0", "from 1 to 1,000"),
        ("concurrency", "many", "from 1 to 1,000"),
        ("timeout_seconds", "3601", "from 1 to 3,600"),
        ("tries", "11", "from 1 to 10"),
        ("tries", "", "required"),
    ],
)
def test_a_bad_value_is_refused_in_place(
    curating: Client, standin: OneStandIn, field: str, value: str, error: str
) -> None:
    make_endpoint("taken")
    answer = curating.post(NEW, form(standin, **{field: value, "key": KEY}))
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert list(errors) == [field]
    assert error in str(errors)
    assert f"{field}_error" in answer.text
    assert KEY not in answer.text
    assert not ModelEndpoint.objects.filter(name="tiny").exists()
    assert standin.stats()["total"] == 0


def test_what_was_typed_stays(curating: Client, standin: OneStandIn) -> None:
    page = curating.post(NEW, form(standin, address="nowhere", name="my <model>", adapter="nanochat", key=KEY)).text
    for kept in ('value="my &lt;model&gt;"', 'value="nowhere"', 'value="tiny"', 'value="60"', 'value="nanochat"'):
        assert kept in page
    assert page.count("checked") == 1
    assert KEY not in page


def test_changing_keeps_the_key_and_shows_none(curating: Client, standin: OneStandIn) -> None:
    endpoint = make_endpoint("old name", address=standin.address, encrypted_key=encrypt(KEY))
    page = curating.get(page_of(endpoint, "edit")).text
    assert "A key is stored" in page
    assert KEY not in page
    assert endpoint.encrypted_key not in page
    curating.post(page_of(endpoint, "edit"), form(standin, name="new name"))
    endpoint.refresh_from_db()
    assert (endpoint.name, decrypt(endpoint.encrypted_key)) == ("new name", KEY)
    assert endpoint.probed_at is not None


def test_replacing_and_removing_the_key(curating: Client, standin: OneStandIn) -> None:
    endpoint = make_endpoint("tiny", address=standin.address, encrypted_key=encrypt("old"))
    address = page_of(endpoint, "edit")
    both = curating.post(address, form(standin, key=KEY, remove_key="on"))
    assert both.status_code == 422
    assert list(both.context["form"].errors) == ["remove_key"]
    curating.post(address, form(standin, key=KEY))
    assert decrypt(added().encrypted_key) == KEY
    curating.post(address, form(standin, remove_key="on"))
    assert added().encrypted_key == ""
    assert "Remove the stored key" not in curating.get(address).text


def test_the_form_offers_the_models_that_the_server_lists(curating: Client) -> None:
    endpoint = make_endpoint(findings=Findings(answers=True, models=("tiny", "large <1>")).to_dict())
    page = curating.get(page_of(endpoint, "edit")).text
    assert '<option value="tiny">' in page
    assert '<option value="large &lt;1&gt;">' in page


def test_a_run_that_is_not_finished_keeps_its_model(curating: Client, standin: OneStandIn) -> None:
    endpoint = make_endpoint("tiny", address=standin.address)
    make_run([], endpoint=endpoint, state=EvalRun.State.PAUSED)
    refused = curating.post(page_of(endpoint, "edit"), form(standin, model="other"))
    assert refused.status_code == 422
    assert "1 run of it is not finished" in refused.text
    curating.post(page_of(endpoint, "edit"), form(standin, concurrency="2", key=KEY))
    endpoint.refresh_from_db()
    assert (endpoint.model, endpoint.concurrency, decrypt(endpoint.encrypted_key)) == ("tiny", 2, KEY)


def test_another_model_forgets_what_was_found_but_another_name_does_not(curating: Client, standin: OneStandIn) -> None:
    endpoint = make_endpoint("tiny", address=standin.address)
    curating.post(page_of(endpoint, "probe"))
    found = added().findings
    assert found["answers"]
    standin.begin(fault="500")
    curating.post(page_of(endpoint, "edit"), form(standin, model="other"))
    assert added().findings["answers"] is False


def test_probing_again(curating: Client, standin: OneStandIn) -> None:
    endpoint = make_endpoint(address=standin.begin(logprobs=False).address)
    assert "not been probed yet" in curating.get(page_of(endpoint)).text
    assert curating.post(page_of(endpoint, "probe")).headers["Location"] == page_of(endpoint)
    assert "Ignores logprobs without saying so; follows logit_bias" in curating.get(page_of(endpoint)).text
    assert "forced choice of a letter" in curating.get(LIST).text


def test_testing_shows_answer_tokens_and_time(curating: Client, standin: OneStandIn) -> None:
    endpoint = make_endpoint(address=standin.begin(answer="It is <b>four</b>.").address)
    page = curating.post(page_of(endpoint, "test"), {"prompt": "2 + 2?"}).text
    assert "It is &lt;b&gt;four&lt;/b&gt;." in page
    assert " ms" in page
    assert "tokens" in page
    assert "2 + 2?" in page
    assert "<html" in page
    htmx = {"HX-Request": "true", "HX-Target": "test"}
    assert "<html" not in curating.post(page_of(endpoint, "test"), {"prompt": "2 + 2?"}, headers=htmx).text
    assert standin.stats()["total"] == 2


@pytest.mark.parametrize(
    ("fault", "words"), [("500", "status 500"), ("html", "web page"), ("close", "closed the connection")]
)
def test_testing_says_a_failure_in_words(curating: Client, standin: OneStandIn, fault: str, words: str) -> None:
    endpoint = make_endpoint(address=standin.begin(fault=fault).address)
    answer = curating.post(page_of(endpoint, "test"), {"prompt": "hello"})
    assert answer.status_code == 200
    assert "No answer." in answer.text
    assert words in answer.text
    assert standin.stats()["total"] == 1


@pytest.mark.parametrize(("prompt", "error"), [("", "Type a question"), ("x" * 8001, "8000"), ("a\0", "Null")])
def test_a_bad_question(curating: Client, standin: OneStandIn, prompt: str, error: str) -> None:
    endpoint = make_endpoint(address=standin.address)
    answer = curating.post(page_of(endpoint, "test"), {"prompt": prompt})
    assert answer.status_code == 422
    assert error in str(answer.context["test_form"].errors)
    assert standin.stats()["total"] == 0


def test_a_changed_installation_key_says_what_to_do(curating: Client, standin: OneStandIn, settings: Settings) -> None:
    endpoint = make_endpoint(address=standin.address, encrypted_key=encrypt(KEY))
    settings.ENDPOINT_KEY = Fernet.generate_key().decode()
    curating.post(page_of(endpoint, "probe"))
    assert "Enter the key of the endpoint again" in curating.get(page_of(endpoint)).text
    assert "Enter the key of the endpoint again" in curating.post(page_of(endpoint, "test"), {"prompt": "x"}).text
    curating.post(page_of(endpoint, "edit"), form(standin, key=KEY))
    assert added().findings["answers"]


def test_retiring_and_restoring(curating: Client) -> None:
    endpoint = make_endpoint("old model")
    curating.post(page_of(endpoint, "retire"))
    assert "old model" not in curating.get(LIST).context["rows"].__repr__()
    assert "old model" in curating.get(f"{LIST}?retired").text
    assert "new evaluations cannot choose it" in curating.get(page_of(endpoint)).text
    curating.post(page_of(endpoint, "retire"), {"do": "restore"})
    assert ModelEndpoint.objects.live().filter(pk=endpoint.pk).exists()


@pytest.mark.parametrize("path", ["edit", "probe", "test", "retire"])
def test_baselines_are_listed_and_cannot_be_changed(curating: Client, standin: OneStandIn, path: str) -> None:
    baseline = ModelEndpoint.objects.get(name="chance")
    assert "chance" in curating.get(LIST).text
    page = curating.get(page_of(baseline)).text
    assert "Guesses" in page
    assert "Probe" not in page
    answer = curating.post(page_of(baseline, path), form(standin, prompt="x"))
    assert answer.status_code == 422
    assert "built in" in answer.text
    baseline.refresh_from_db()
    assert (baseline.address, baseline.probed_at, baseline.retired_at) == ("", None, None)


def test_the_first_model_is_asked_for_where_there_are_baselines_only(curating: Client, client: Client) -> None:
    assert "No model yet" in curating.get(LIST).text
    make_endpoint()
    assert "No model yet" not in curating.get(LIST).text


@pytest.mark.parametrize("path", ["new", "{}/edit", "{}/probe", "{}/test", "{}/retire"])
def test_who_may_change(client: Client, standin: OneStandIn, path: str) -> None:
    endpoint = make_endpoint(address=standin.address)
    address = f"/evaluate/endpoints/{path.format(endpoint.pk)}"
    answer = client.post(address, form(standin, prompt="x"))
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]
    for role in (Role.VIEWER, Role.REVIEWER):
        client.force_login(make_user(role))
        assert client.post(address, form(standin, prompt="x")).status_code == 403
    assert standin.stats()["total"] == 0
    client.force_login(make_user(Role.CURATOR))
    assert client.post(address, form(standin, prompt="x")).status_code in {200, 302}


def test_a_viewer_sees_what_it_can_do_but_not_where_it_is(client: Client, standin: OneStandIn, port: int) -> None:
    endpoint = make_endpoint(address=standin.address, probe_problem=f"busy at {standin.address}")
    endpoint.findings = Findings(answers=True, top_logprobs=20, logprobs="given", letters_appear=True).to_dict()
    endpoint.probed_at = timezone.now()
    endpoint.save()
    client.force_login(make_user(Role.VIEWER))
    for path in (LIST, page_of(endpoint)):
        page = client.get(path).text
        assert endpoint.name in page
        assert "127.0.0.1" not in page
        assert "Key" not in page
    assert "Gives the 20 likeliest" in page
    assert "A curator sees why" in page


@pytest.mark.parametrize("path", ["probe", "test", "retire"])
def test_wrong_method(curating: Client, path: str) -> None:
    assert curating.get(page_of(make_endpoint(), path)).status_code == 405


@pytest.mark.parametrize("path", ["", "edit", "probe", "test", "retire"])
def test_an_endpoint_that_is_not_there(curating: Client, path: str) -> None:
    assert curating.post(f"/evaluate/endpoints/999999/{path}").status_code in {404, 405}
    assert curating.get(f"/evaluate/endpoints/999999/{path}").status_code in {404, 405}


def test_the_number_of_runs_leads_to_them(curating: Client) -> None:
    endpoint = make_endpoint()
    make_run([], endpoint=endpoint, name="first run")
    link = f"/evaluate/?endpoint={endpoint.pk}"
    assert f'href="{link}">1</a>' in curating.get(LIST).text
    assert "first run" in curating.get(link).text


def test_a_name_with_markup_is_text(curating: Client) -> None:
    endpoint = make_endpoint("<script>alert(1)</script>", model="<script>alert(2)</script>")
    for path in (LIST, page_of(endpoint), page_of(endpoint, "edit")):
        assert "<script>alert" not in curating.get(path).text


def test_the_list_asks_the_database_a_fixed_number_of_questions(
    curating: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(120):
        make_endpoint(f"model {number:03}")
    with django_assert_max_num_queries(9):
        page = curating.get(LIST)
    assert page.text.count("<tr>") == 1 + 100
    last = page.context["after"]
    following = curating.get(LIST, {"after": last})
    assert [endpoint.name for endpoint, _ in following.context["rows"]][:1] == ["model 099"]
    assert following.context["after"] == ""
