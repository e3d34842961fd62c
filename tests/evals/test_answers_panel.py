"""What models answered, beside a conversation and on a page of its own."""

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.evals.making import make_endpoint, make_run
from tests.factories import make_conversation, make_user
from webapp.accounts.models import Role
from webapp.conversations.models import Conversation
from webapp.conversations.showing import ShownConversation
from webapp.evals import panels

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_of(client: Client, conversation: Conversation) -> str:
    return client.get(f"/conversations/{conversation.pk}/").content.decode()


def test_without_answers_there_is_no_panel(reader: Client) -> None:
    row = make_conversation()
    make_run([(row, {})])
    assert 'id="panel-answers"' not in page_of(reader, row)


def test_the_newest_answer_of_each_endpoint(reader: Client) -> None:
    row, qwen = make_conversation(), make_endpoint("qwen")
    make_run([(row, {"outcome": "right", "extracted": "72", "text": "old"})], endpoint=qwen)
    columns = {"outcome": "wrong", "extracted": "42", "expected": "72", "text": "I say <b>42</b>"}
    run = make_run([(row, columns)], endpoint=qwen)
    make_run([(row, {"outcome": "no_answer", "text": "Hm.  Who\nknows " + "x" * 90})], endpoint=make_endpoint("other"))
    page = page_of(reader, row)
    assert page.index('id="panel-answers"') < page.index('id="panel-history"')
    for words in ("✕ wrong", "(ref 72)", "I say &lt;b&gt;42&lt;/b&gt;", "∅ no answer", "Hm. Who knows xxx", "x…<"):
        assert words in page
    assert f'href="/evaluate/{run.pk}/items/{run.results.get().pk}/"' in page
    assert ">old<" not in page
    assert f'href="/evaluate/answers/{row.pk}/"' in page


def test_samples_are_counted(reader: Client) -> None:
    row = make_conversation()
    outcomes = ["wrong", "right", "right"]
    make_run([(row, {"outcome": outcome, "sample": n, "text": f"say {n}"}) for n, outcome in enumerate(outcomes)])
    page = page_of(reader, row)
    assert "2 of 3 right" in page
    assert "say 0" in page
    assert "say 1" not in page


def test_an_error_says_what_happened(reader: Client) -> None:
    row = make_conversation()
    make_run([(row, {"outcome": "error", "detail": "No answer within 120 s."})])
    assert "No answer within 120 s." in page_of(reader, row)


def test_a_failed_program_says_why(reader: Client) -> None:
    row = make_conversation()
    columns = {"grader": "code", "expected": "strlen", "extracted": "def strlen(s):", "text": "def strlen(s): ..."}
    make_run([(row, columns | {"outcome": "wrong", "kind": "assertion", "detail": "AssertionError: 2\nin check"})])
    panel = page_of(reader, row)
    assert '<span class="mono answer-short">AssertionError: 2</span>' in panel
    assert "(ref" not in panel
    every = reader.get(f"/evaluate/answers/{row.pk}/").content.decode()
    assert 'data-label="Expected">strlen</td>' in every
    assert 'data-label="Said">AssertionError: 2</td>' in every


def test_a_long_answer_is_cut(reader: Client) -> None:
    row = make_conversation()
    make_run([(row, {"outcome": "right", "extracted": "1", "text": "long " * 5_000})])
    page = page_of(reader, row)
    assert "Show all of it" in page
    assert len(page) < 40_000


def test_many_answers_cost_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    row = make_conversation()
    endpoints = [make_endpoint() for _ in range(25)]
    for endpoint in endpoints:
        make_run([(row, {"outcome": "right", "text": "1", "sample": sample}) for sample in range(2)], endpoint=endpoint)
    shown = ShownConversation(row, make_user())
    with django_assert_num_queries(2):
        data = panels._answers(shown)
        assert data is not None
        assert [said.body is not None for said in data["answers"]] == [True] * 20
        assert {said.result.run.endpoint.name for said in data["answers"]} == {one.name for one in endpoints[5:]}
    unasked = ShownConversation(make_conversation(), shown.user)
    with django_assert_num_queries(1):
        assert panels._answers(unasked) is None


def test_all_answers_page_by_page(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "PAGE_ROWS", 2)
    row = make_conversation()
    runs = [make_run([(row, {"outcome": "right", "text": f"say {n}"})]) for n in range(3)]
    address = f"/evaluate/answers/{row.pk}/"
    first = reader.get(address)
    assert [result.run for result in first.context["page"].rows] == [runs[2], runs[1]]
    rest = reader.get(f"{address}?before={first.context['page'].older}")
    assert [result.run for result in rest.context["page"].rows] == [runs[0]]
    assert "say 0" in rest.content.decode()
    assert reader.get(f"{address}?before=x").status_code == 400
    assert reader.get("/evaluate/answers/999999/").status_code == 404
    assert reader.post(address).status_code == 405
    reader.logout()
    assert reader.get(address).status_code == 302
