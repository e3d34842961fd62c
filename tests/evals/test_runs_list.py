"""The list of runs, through the client."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.evals.making import make_endpoint, make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.conversations.filters import ConversationFilter
from webapp.evals import listing
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.models import EvalRun

pytestmark = pytest.mark.django_db
LIST = "/evaluate/"
#: Session and user, jobs and worker of the frame, endpoints, runs, names of sources, of runs, counts.
QUERIES = 11


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER), backend="django.contrib.auth.backends.ModelBackend")
    return client


def names(client: Client, query: str = "") -> list[str]:
    response = client.get(LIST + query)
    assert response.status_code == 200
    return [row.run.name for row in response.context["page"].rows]


def test_it_says_what_came_of_each(reader: Client) -> None:
    source = make_source("GSM8K test")
    outcomes = ["right"] * 6 + ["wrong"] * 2 + ["no_answer", "cut_off", "error"]
    rows = [(make_conversation(source), {"outcome": outcome}) for outcome in outcomes]
    selection = Selection({"source": [source.pk]}, sample=200).to_dict()
    run = make_run(rows, name="qwen on <GSM8K>", endpoint=make_endpoint("qwen"), selection=selection, left_out=3)
    page = reader.get(LIST).content.decode()
    for words in ("qwen on &lt;GSM8K&gt;", "GSM8K test · 200 of them", "3 conversations left out", "60.0 %"):
        assert words in page
    assert "31.3 % to 83.2 %" in page  # Wilson's interval of 6 in 10: the error counts in no accuracy
    assert f'href="/evaluate/{run.pk}/items/?outcome=error">1<' in page
    assert 'status-done">done<' in page


def test_several_samples_of_a_question_have_no_interval(reader: Client) -> None:
    one = make_conversation()
    rows = [(one, {"outcome": "right", "sample": sample}) for sample in range(2)]
    make_run(rows, options=RunSettings(samples=2, temperature=1.0).to_dict())
    row = reader.get(LIST).context["page"].rows[0]
    assert (row.accuracy, row.interval) == (1.0, None)


def test_a_run_that_goes_on_shows_how_far_it_is(reader: Client) -> None:
    rows = [(make_conversation(), {"outcome": "right"}), (make_conversation(), {})]
    make_run(rows, state=EvalRun.State.RUNNING)
    page = reader.get(LIST).content.decode()
    assert '<progress value="1" max="2"' in page
    assert "1 of 2" in page


def test_newest_first_and_narrowed(reader: Client) -> None:
    qwen, other = make_endpoint("qwen"), make_endpoint("other")
    make_run([], name="first", endpoint=qwen)
    make_run([], name="second", endpoint=other, state=EvalRun.State.PAUSED)
    make_run([], name="third", endpoint=qwen, state=EvalRun.State.CHOOSING)
    make_run([], name="fourth", endpoint=qwen, state=EvalRun.State.FAILED)
    assert names(reader) == ["fourth", "third", "second", "first"]
    assert names(reader, f"?endpoint={qwen.pk}") == ["fourth", "third", "first"]
    assert names(reader, "?state=running") == ["third"]
    assert names(reader, "?state=paused") == ["second"]
    assert names(reader, f"?endpoint={qwen.pk}&state=stopped") == ["fourth"]
    assert names(reader, f"?endpoint={other.pk}&state=done") == []
    assert b"No evaluation fits" in reader.get(f"{LIST}?endpoint={other.pk}&state=done").content


def test_pages_go_by_id(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE_ROWS", 2)
    for number in range(5):
        make_run([], name=f"run {number}")
    seen, query = [], ""
    while True:
        page = reader.get(LIST + query).context["page"]
        seen += [row.run.name for row in page.rows]
        if not page.older:
            break
        query = f"?{page.older}"
    assert seen == [f"run {number}" for number in (4, 3, 2, 1, 0)]


def test_two_checked_runs_are_compared_and_three_are_not(reader: Client) -> None:
    endpoint = make_endpoint()
    rows = [(make_conversation(), {"outcome": "right"})]
    runs = [make_run(rows, endpoint=endpoint) for _ in range(4)]
    two = reader.get("/evaluate/compare", {"run": [runs[2].pk, runs[1].pk]})
    assert two["Location"] == f"/evaluate/compare?a={runs[1].pk}&b={runs[2].pk}"
    query = "&".join(f"run={run.pk}" for run in runs[:3])
    response = reader.get(f"/evaluate/compare?{query}&endpoint={endpoint.pk}", follow=True)
    assert response.redirect_chain[0][0].startswith(LIST + "?")
    page = response.content.decode()
    assert "3 evaluations are checked, but only two can be compared. Uncheck the others" in page
    assert page.count(" checked aria-label") == 3
    assert f'<input type="hidden" name="endpoint" value="{endpoint.pk}">' in page
    assert "only two can be compared" not in reader.get(LIST).content.decode()


def test_an_empty_list_says_what_comes_next(client: Client, reader: Client) -> None:
    page = reader.get(LIST).content.decode()
    assert "Nothing has been evaluated yet" in page
    assert "A curator can start one" in page


def test_a_stranger_is_asked_to_log_in(client: Client) -> None:
    response = client.get(LIST)
    assert response.status_code == 302
    assert response["Location"].startswith("/login?next=")


def test_it_takes_no_posts(reader: Client) -> None:
    assert reader.post(LIST).status_code == 405


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?endpoint=x", "must be a whole number"),
        ("?endpoint=4444", "no endpoint with the number"),
        ("?endpoint=99999999999999999999", "must be a whole number"),
        ("?before=-1", "must be a whole number"),
        ("?state=nonsense", "Use one of: running"),
        ("?name=x", "no filter of runs"),
    ],
)
def test_bad_addresses_are_explained(reader: Client, query: str, message: str) -> None:
    response = reader.get(LIST + query)
    assert response.status_code == 400
    assert message in response.content.decode()


def test_the_number_of_queries_does_not_grow(
    reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    earlier = make_run([(make_conversation(), {"outcome": "wrong"})])
    for _ in range(8):
        source = make_source()
        wanted = ConversationFilter(source=(source.pk,), answer=f"{earlier.pk}-wrong")
        make_run([(make_conversation(source), {"outcome": "right"})], selection=Selection(wanted.to_dict()).to_dict())
    with django_assert_max_num_queries(QUERIES if connection.vendor == "sqlite" else QUERIES + 2):
        assert len(names(reader)) == 9


def test_what_only_the_pages_of_runs_need_is_not_read(reader: Client) -> None:
    make_run([], report={"letters": "x" * 1000})
    run = reader.get(LIST).context["page"].rows[0].run
    assert {"report", "configuration"} <= run.get_deferred_fields()


def test_the_navigation_leads_here(reader: Client) -> None:
    page = reader.get(LIST).content.decode()
    assert '<a href="/evaluate/" aria-current="page">Evaluate</a>' in page
