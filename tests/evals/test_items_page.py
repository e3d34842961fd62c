"""The page of an item: the answer beside the reference, through the client."""

import json

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.evals.making import make_answer, make_run
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations.actions.review import decide, save_edit
from webapp.conversations.models import Status
from webapp.evals.models import EvalResult, EvalRun

pytestmark = pytest.mark.django_db
#: Session and user, jobs and worker of the frame, the result with all beside it, the items before and behind.
QUERIES = 9


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER), backend="django.contrib.auth.backends.ModelBackend")
    return client


def wrong_run() -> EvalRun:
    texts = [("What is 6 * 12?", f"It is **72** [{n}]. #### 72") for n in range(3)]
    rows = [make_conversation(make_source(), chat(*text)) for text in texts]
    answer = "It is *42*. <script>alert(1)</script> #### 42"
    columns = {"outcome": "wrong", "text": answer, "expected": "72", "extracted": "42", "lenient": "42"}
    first, last = (rows[0], {"outcome": "right"}), (rows[2], columns)
    return make_run([first, (rows[1], columns | {"lenient_right": False}), last], name="qwen")


def page_of(client: Client, result: EvalResult, query: str = "") -> str:
    response = client.get(f"/evaluate/{result.run_id}/items/{result.pk}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_answer_stands_beside_the_reference(reader: Client) -> None:
    result = wrong_run().results.order_by("pk")[1]
    page = page_of(reader, result)
    for html in ("What is 6 * 12?", "<em>42</em>", "<strong>72</strong>", "✕ wrong", "✕ not right", "by itself"):
        assert html in page
    assert "<script>alert" not in page
    assert f'href="/conversations/{result.conversation_id}/"' in page


def test_arrows_stay_in_the_narrowed_list(reader: Client) -> None:
    run = wrong_run()
    first, second, third = run.results.order_by("pk")
    every = page_of(reader, second)
    assert f'href="/evaluate/{run.pk}/items/{first.pk}/" data-key="ArrowLeft"' in every
    assert f'href="/evaluate/{run.pk}/items/{third.pk}/" data-key="ArrowRight"' in every
    narrowed = page_of(reader, second, "?outcome=wrong")
    assert "ArrowLeft" not in narrowed
    assert f'href="/evaluate/{run.pk}/items/{third.pk}/?outcome=wrong" data-key="ArrowRight"' in narrowed
    assert f'href="/conversations/{second.conversation_id}/?answer={run.pk}-wrong"' in narrowed


def test_letters_have_their_probabilities(reader: Client) -> None:
    metadata = json.dumps({"letters": ["A", "B", "C", "D"], "subject": "law"})
    row = make_conversation(make_source(), chat("Which?", "B"), metadata=metadata)
    answer = make_answer("A", letters=json.dumps({"A": -0.105, "B": -2.303}), forced=True)
    run = make_run([(row, {"outcome": "wrong", "answer": answer, "expected": "B", "extracted": "A"})])
    response = reader.get(f"/evaluate/{run.pk}/items/{run.results.get().pk}/")
    letters = response.context["shown"].letters
    assert [(one.letter, one.share and round(one.share, 2)) for one in letters] == [
        ("A", 0.9), ("B", 0.1), ("C", None), ("D", None),
    ]  # fmt: skip
    page = response.content.decode()
    for words in ("90.0 %", "not among the likeliest", "said", "expected", "one was forced"):
        assert words in page


def test_an_error_says_what_happened(reader: Client) -> None:
    run = make_run([(make_conversation(), {"outcome": "error", "kind": "timeout", "detail": "No answer in 120 s."})])
    page = page_of(reader, run.results.get())
    for words in ("! error", "took too long", "No answer in 120 s.", "No answer came."):
        assert words in page


def test_a_question_that_waits_says_so(reader: Client) -> None:
    run = make_run([(make_conversation(), {})], state=EvalRun.State.RUNNING)
    assert "has not been answered yet" in page_of(reader, run.results.get())


def test_the_text_that_was_asked_about_is_shown_after_an_edit(reader: Client) -> None:
    run = wrong_run()
    result = run.results.order_by("pk")[1]
    admin = make_user(Role.ADMIN)
    decide(conversation_id=result.conversation_id, version=1, status=Status.REJECTED, by=admin)
    assert "edited since" not in page_of(reader, result)
    messages = chat("What is 6 * 11?", "It is 66.")
    save_edit(conversation_id=result.conversation_id, version=2, messages=messages, by=admin, reason="")
    page = page_of(reader, result)
    assert "This is version 1, which was asked about; now it is at version 3." in page
    assert "What is 6 * 12?" in page
    assert "What is 6 * 11?" not in page


def test_code_keeps_its_shape(reader: Client) -> None:
    metadata = json.dumps({"entry_point": "add", "test": "def check(add): pass"})
    row = make_conversation(make_source(), chat("def add(a, b):\n", "    return a + b"), metadata=metadata)
    run = make_run([(row, {"outcome": "wrong", "text": "    return a - b", "kind": "failed"})])
    assert page_of(reader, run.results.get()).count('<pre class="code') == 3


def test_a_source_in_the_trash_is_said(reader: Client) -> None:
    run = wrong_run()
    result = run.results.order_by("pk")[1]
    source = result.conversation.source
    source.deleted_at = run.created_at
    source.save()
    page = page_of(reader, result)
    assert "in the trash" in page
    assert f'href="/conversations/{result.conversation_id}/"' not in page


def test_a_stranger_is_asked_to_log_in(client: Client) -> None:
    run = wrong_run()
    assert client.get(f"/evaluate/{run.pk}/items/{run.results.order_by('pk')[0].pk}/").status_code == 302


def test_bad_addresses(reader: Client) -> None:
    run, other = wrong_run(), wrong_run()
    result = run.results.order_by("pk")[0]
    assert reader.get(f"/evaluate/{other.pk}/items/{result.pk}/").status_code == 404
    assert reader.get(f"/evaluate/{run.pk}/items/999999/").status_code == 404
    assert reader.get(f"/evaluate/{run.pk}/items/{result.pk}/?outcome=x").status_code == 400
    assert reader.post(f"/evaluate/{run.pk}/items/{result.pk}/").status_code == 405


def test_the_number_of_queries(reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    result = wrong_run().results.order_by("pk")[1]
    with django_assert_max_num_queries(QUERIES):
        page_of(reader, result, "?outcome=wrong")
