"""Starting an evaluation from its form, through the client."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tasks_core.registry import get_task
from tests.evals.making import make_endpoint, make_run
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.common.errors import Unprocessable
from webapp.common.models import Job
from webapp.conversations import choosing, walking
from webapp.conversations.models import Conversation, Source, Status
from webapp.conversations.task_imports import clean_values
from webapp.evals.models import EvalRun, ModelEndpoint
from webapp.evals.views import new_run

pytestmark = pytest.mark.django_db
NEW = "/evaluate/new"
USUAL = {
    "temperature": "0", "max_tokens": "512", "seed": "42", "samples": "1", "mode": "auto", "code_mode": "nanochat",
    "sample_seed": "42", "reuse": "on",
}  # fmt: skip
CHECKED = re.compile('<input type="checkbox" name="reuse"[^>]* checked>')
SPELLING = {"what": "task", "task": "simplespelling", "size": "30", "split": "test"}


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def source() -> Source:
    """Three conversations with a number to score, one without."""
    found = make_source("sums")
    for number in range(3):
        make_conversation(found, chat(f"{number} + 1?", f"#### {number + 1}"), status=Status.APPROVED)
    make_conversation(found, chat("Hello", "Hello!"))
    return found


@pytest.fixture
def endpoint() -> ModelEndpoint:
    return make_endpoint("qwen")


def refused(client: Client, fields: dict[str, Any], status: int = 400) -> str:
    response = client.post(NEW, USUAL | fields)
    assert response.status_code == status
    assert not EvalRun.objects.exists()
    assert not Job.objects.exists()
    return response.content.decode()


def started(client: Client, fields: dict[str, Any]) -> EvalRun:
    response = client.post(NEW, USUAL | fields)
    assert response.status_code == 302, response.context["form"].errors
    run = EvalRun.objects.latest("pk")
    assert response["Location"] == f"/evaluate/{run.pk}/"
    assert run.job is not None
    return run


def test_a_source(curator: Client, source: Source, endpoint: ModelEndpoint) -> None:
    run = started(curator, {"what": "source", "source": source.pk, "endpoint": endpoint.pk})
    assert (run.name, run.endpoint) == ("qwen on sums", endpoint)
    assert run.selection == {"filter": {"source": [source.pk]}, "sample": None, "seed": 42}
    assert run.options == {
        "temperature": 0.0, "max_tokens": 512, "top_p": None, "top_k": None, "seed": 42, "samples": 1,
        "mode": "auto", "code_mode": "nanochat", "reuse": True,
    }  # fmt: skip


def test_everything_that_can_be_set(curator: Client, source: Source, endpoint: ModelEndpoint) -> None:
    fields = {
        "what": "source", "source": source.pk, "endpoint": endpoint.pk, "title": "  my   run ", "sample": 2,
        "sample_seed": 7, "temperature": "0.8", "max_tokens": 64, "top_p": "0.9", "top_k": 20, "seed": 5,
        "samples": 10, "mode": "generate", "code_mode": "official", "reuse": "",
    }  # fmt: skip
    run = started(curator, fields)
    assert (run.name, run.selection["sample"], run.selection["seed"]) == ("my run", 2, 7)
    assert run.options == {
        "temperature": 0.8, "max_tokens": 64, "top_p": 0.9, "top_k": 20, "seed": 5, "samples": 10,
        "mode": "generate", "code_mode": "official", "reuse": False,
    }  # fmt: skip


def test_a_filter_comes_from_the_list(curator: Client, source: Source, endpoint: ModelEndpoint) -> None:
    page = curator.get(f"/conversations/?source={source.pk}&status=approved").content.decode()
    address = f"{NEW}?what=filter&amp;query=source%3D{source.pk}%26status%3Dapproved"
    assert f'href="{address}">Evaluate these</a>' in page
    response = curator.get(address.replace("&amp;", "&"))
    assert [chip.label for chip in response.context["chips"]] == ["sums", "approved"]
    assert response.context["estimate"].questions == "about 3"
    fields = {"what": "filter", "query": f"source={source.pk}&status=approved", "endpoint": endpoint.pk}
    run = started(curator, fields)
    assert run.selection["filter"] == {"source": [source.pk], "status": ["approved"]}
    assert run.name == "qwen on sums · approved"


def test_the_failures_of_another_run(curator: Client, source: Source, endpoint: ModelEndpoint) -> None:
    other = make_run([(source.conversations.all()[0], {"outcome": "wrong"})], name="first try")
    run = started(curator, {"what": "filter", "query": f"answer={other.pk}-wrong", "endpoint": endpoint.pk})
    assert run.selection["filter"] == {"answer": f"{other.pk}-wrong"}
    assert run.name == "qwen on wrong in first try"


def test_a_task_that_is_not_there_is_imported_first(curator: Client, endpoint: ModelEndpoint) -> None:
    run = started(curator, SPELLING | {"endpoint": endpoint.pk, "sample": 5})
    source = Source.objects.get()
    assert (source.task, source.state) == ("simplespelling", Source.State.IMPORTING)
    assert run.selection == {"filter": {"source": [source.pk]}, "sample": 5, "seed": 42}


def test_a_task_that_is_there_is_used(curator: Client, endpoint: ModelEndpoint) -> None:
    values = clean_values(get_task("simplespelling"), {"size": 30, "split": "test"})
    there = make_source("SimpleSpelling test", kind=Source.Kind.TASK, task="simplespelling", parameters=values)
    make_conversation(there, chat("Spell: ab", "ab:a,b"))
    estimate = curator.post(NEW, USUAL | SPELLING | {"count": "1"}).context["estimate"]
    assert (estimate.known, estimate.questions) == (there, "1")
    run = started(curator, SPELLING | {"endpoint": endpoint.pk})
    assert run.selection["filter"] == {"source": [there.pk]}
    assert Source.objects.count() == 1


def test_a_task_that_nothing_can_score_is_not_imported(curator: Client, endpoint: ModelEndpoint) -> None:
    page = refused(curator, {"what": "task", "task": "smoltalk", "split": "test", "endpoint": endpoint.pk}, status=422)
    assert "Nothing can score SmolTalk. Tasks that can be evaluated: arc, mmlu, gsm8k" in page
    assert not Source.objects.exists()


def test_the_parameters_follow_the_task(curator: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "task-fields"}
    part = curator.post(NEW, {"what": "task", "task": "mmlu", "change": "1"}, headers=headers).content.decode()
    assert 'name="subset"' in part
    assert "<html" not in part
    whole = curator.post(NEW, {"what": "task", "task": "spellingbee", "title": "kept", "change": "1"})
    page = whole.content.decode()
    assert 'name="size"' in page
    assert 'value="kept"' in page
    assert not Job.objects.exists()


def test_the_form_says_what_each_endpoint_can_do(curator: Client) -> None:
    findings = {"answers": True, "top_logprobs": 20, "letters_appear": True}
    make_endpoint("able", findings=findings, probed_at="2026-01-01T00:00:00Z")
    make_endpoint("new one")
    make_endpoint("gone", retired_at="2026-01-01T00:00:00Z")
    page = curator.get(NEW).content.decode()
    for words in ("able · probabilities of the letters", "new one · not probed yet", "chance · nothing is asked"):
        assert words in page
    assert "gone" not in page


COUNTS: list[tuple[dict[str, Any], str]] = [
    ({}, "about 4"),
    ({"sample": 2}, "about 2"),
    ({"sample": 2, "samples": 10, "temperature": "1"}, "about 20"),
    ({"sample": 100}, "about 4"),
]


@pytest.mark.parametrize(("fields", "questions"), COUNTS)
def test_it_says_what_it_comes_to(curator: Client, source: Source, fields: dict[str, Any], questions: str) -> None:
    sent = USUAL | {"what": "source", "source": source.pk, "count": "1"} | fields
    headers = {"HX-Request": "true", "HX-Target": "estimate"}
    response = curator.post(NEW, sent, headers=headers)
    part = response.content.decode()
    assert f'"big-number">{questions}</strong>' in part
    assert "4 conversations" in part
    assert "Of the first 4, 3 can be scored" in part
    assert "<html" not in part
    assert not EvalRun.objects.exists()


def test_what_nothing_can_score_is_said(curator: Client) -> None:
    found = make_source("chats", kind=Source.Kind.TASK, task="smoltalk")
    make_conversation(found)
    page = curator.get(f"{NEW}?what=source&source={found.pk}").content.decode()
    assert "Nothing can score the first 1 conversation" in page
    assert "left out" in page


def test_an_exact_number_is_exact(curator: Client) -> None:
    found = make_source("GSM8K", kind=Source.Kind.TASK, task="gsm8k")
    for number in range(3):
        make_conversation(found, chat("1?", f"#### {number}"))
    response = curator.get(f"{NEW}?what=source&source={found.pk}")
    assert response.context["estimate"].questions == "3"
    assert "left out" not in response.content.decode()


def test_a_rare_filter_does_not_look_through_everything(
    curator: Client, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops where the list of conversations would offer to go on."""
    ids = list(source.conversations.order_by("pk").values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=ids[1:3]).update(turns=9)
    monkeypatch.setattr(walking, "SCAN_ROWS", 2)
    monkeypatch.setattr(choosing, "SMALL", 0)
    fields = {"what": "filter", "query": f"source={source.pk}&turns_min=9", "count": "1"}
    estimate = curator.post(NEW, USUAL | fields).context["estimate"]
    assert (estimate.looked_at, estimate.questions) == (1, "1+")
    sampled = curator.post(NEW, USUAL | fields | {"sample": "40"}).context["estimate"]
    assert (sampled.conversations, sampled.questions) == (40, "about 40")


@pytest.mark.parametrize("reuse", [True, False])
def test_whether_stored_answers_are_used_is_kept(curator: Client, reuse: bool) -> None:
    sent = {name: value for name, value in USUAL.items() if name != "reuse"} | ({"reuse": "on"} if reuse else {})
    for button in ("change", "count"):
        response = curator.post(NEW, sent | {"what": "task", "task": "mmlu", button: "1"})
        form = response.context["form"]
        assert (bool(form["reuse"].value()), form.more_is_set) == (reuse, not reuse)
        assert bool(CHECKED.search(_page(response))) == reuse


def test_stored_answers_are_used_unless_somebody_says_no(curator: Client) -> None:
    page = _page(curator.get(NEW))
    assert "Use answers that this model has given before" in page
    assert CHECKED.search(page)


def test_what_is_needed_is_not_called_optional(curator: Client, source: Source) -> None:
    page = _page(curator.get(NEW))
    assert '<label for="id_source">Source</label>' in page
    assert '<label for="id_task">Task</label>' in page
    assert '<label for="id_title">Name <span class="optional">(optional)</span></label>' in page


def _page(response: Any) -> str:
    return " ".join(response.content.decode().split())


BAD: list[tuple[dict[str, Any], str]] = [
    ({"what": "nonsense"}, "Select a valid choice"),
    ({"source": ""}, "Choose a source."),
    ({"source": "999999"}, "Select a valid choice"),
    ({"endpoint": ""}, "This field is required"),
    ({"endpoint": "999999"}, "Select a valid choice"),
    ({"sample": "0"}, "A sample must have 1 to 10,000,000"),
    ({"sample": "x"}, "Enter a whole number"),
    ({"sample_seed": "-1"}, "must be from 0 to"),
    ({"temperature": "6"}, "“Temperature” must be from 0 to 5"),
    ({"temperature": "nan"}, "Enter a number"),
    ({"max_tokens": "0"}, "“Tokens, at most” must be"),
    ({"top_p": "1.5"}, "“Top p” must be from 0 to 1"),
    ({"top_k": "9" * 30}, "“Top k” must be"),
    ({"samples": "5"}, "At temperature 0 every sample is the same"),
    ({"mode": "guess"}, "Select a valid choice"),
    ({"title": "x" * 201}, "at most 200"),
    ({"what": "filter", "query": "status__in=1"}, "is not a filter"),
    ({"what": "filter", "query": "answer=4444-wrong"}, "no evaluation run with the number"),
    ({"what": "task", "task": "nonsense"}, "Select a valid choice"),
    (SPELLING | {"split": "nonsense"}, "is not allowed here"),
    (SPELLING | {"size": "-1"}, "greater than or equal to 0"),
]


@pytest.mark.parametrize(("fields", "message"), BAD)
def test_bad_input_is_explained_and_kept(
    curator: Client, source: Source, endpoint: ModelEndpoint, fields: dict[str, Any], message: str
) -> None:
    sent = {"what": "source", "source": source.pk, "endpoint": endpoint.pk, "title": "kept <name>"} | fields
    page = refused(curator, sent)
    assert message in page
    if "title" not in fields:
        assert 'value="kept &lt;name&gt;"' in page


def test_what_the_action_refuses_is_said_on_the_form(
    curator: Client, source: Source, endpoint: ModelEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> EvalRun:
        raise Unprocessable("qwen is retired.")

    monkeypatch.setattr(new_run, "start_run", refuse)
    fields = {"what": "source", "source": source.pk, "endpoint": endpoint.pk, "title": "kept"}
    page = refused(curator, fields, status=422)
    assert "qwen is retired." in page
    assert 'value="kept"' in page


@pytest.mark.parametrize(
    "query",
    ["?what=x", "?what=task&task=zzz", "?what=source&source=zzz", "?what=filter&query=zzz=1"],
)
def test_odd_addresses_show_the_form(curator: Client, query: str) -> None:
    assert curator.get(NEW + query).status_code == 200


def test_a_filter_on_a_deleted_run_is_not_called_all_conversations(curator: Client) -> None:
    page = curator.get(f"{NEW}?what=filter&query=answer%3D4444-wrong").content.decode()
    assert "There is no evaluation run with the number 4444. It may have been deleted." in page
    assert '"chip">all conversations' not in page


def test_an_address_need_not_say_what_kind_of_thing_it_names(curator: Client, source: Source) -> None:
    for query, what in {
        f"?source={source.pk}": "source",
        "?query=status%3Dapproved": "filter",
        "?task=gsm8k": "task",
        f"?source={source.pk}&task=gsm8k": "source",
    }.items():
        response = curator.get(NEW + query)
        assert response.context["form"]["what"].value() == what
        assert response.context["estimate"] is not None
        assert "Choose what to evaluate" not in response.content.decode()


def test_no_source_is_chosen_before_somebody_chooses_one(curator: Client, source: Source) -> None:
    page = _page(curator.get(NEW))
    assert '<option value="" selected>Choose…</option>' in page
    assert "Choose what to evaluate" in page


def test_who_may(client: Client, source: Source) -> None:
    assert client.get(NEW).status_code == 302
    client.force_login(make_user(Role.REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, USUAL).status_code == 403
    assert "Evaluate these" not in client.get("/conversations/").content.decode()
    assert "New evaluation" not in client.get("/evaluate/").content.decode()


def test_wrong_methods(curator: Client) -> None:
    assert curator.put(NEW).status_code == 405
    assert curator.delete(NEW).status_code == 405


def test_the_number_of_queries_does_not_grow(
    curator: Client, source: Source, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        make_conversation()
        make_endpoint()
    with django_assert_max_num_queries(30):
        curator.get(f"{NEW}?what=source&source={source.pk}")
