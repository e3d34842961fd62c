"""The page that compares two runs: choosing them, the verdict, the flips."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.evals.making import make_endpoint, make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.evals.models import EvalRun

pytestmark = pytest.mark.django_db

PAGE = "/evaluate/compare"


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user(Role.VIEWER))
    return client


def two_runs(flipped: int = 3, **columns: Any) -> tuple[EvalRun, EvalRun]:
    """B has the first `flipped` questions right beside the last two, a only these."""
    source = make_source("GSM8K")
    asked = [make_conversation(source) for _ in range(flipped + 2)]
    return (
        make_run([(one, {"outcome": "right" if n >= flipped else "wrong"} | columns) for n, one in enumerate(asked)]),
        make_run([(one, {"outcome": "right"} | columns) for one in asked]),
    )


def page(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(f"{PAGE}?{query}", headers=headers)
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


def test_without_runs_it_says_what_comes_first(viewer: Client) -> None:
    assert "Nothing to compare yet" in page(viewer)


def test_runs_are_offered_newest_first(viewer: Client) -> None:
    older, newer = two_runs()
    shown = page(viewer)
    assert shown.index(f'<option value="{newer.pk}"') < shown.index(f'<option value="{older.pk}"')
    assert "Choose two evaluations that were asked the same" in shown


def test_those_that_were_asked_the_same_stand_apart(viewer: Client) -> None:
    conversation = make_conversation()
    rows: list[Any] = [(conversation, {"outcome": "right"})]
    chosen, alike, other = (make_run(rows, selection_hash=name * 64, name=f"run {name}") for name in "aab")
    shown = page(viewer, f"a={chosen.pk}")
    places = ['label="Asked the same questions"', f'value="{alike.pk}"', 'label="Others"', f'value="{other.pk}"']
    found = [shown.index(place) for place in places]
    assert found == sorted(found)


def test_a_search_narrows_the_runs_and_keeps_the_chosen(viewer: Client) -> None:
    rows: list[Any] = [(make_conversation(), {"outcome": "right"})]
    chosen, found, _ = (make_run(rows, endpoint=make_endpoint(name), name=name) for name in ("one", "Qwen", "three"))
    shown = page(viewer, f"a={chosen.pk}&q=qwen", **{"HX-Request": "true", "HX-Target": "choose-runs"})
    assert shown.startswith('<form class="card choose-runs"')
    assert f'<option value="{chosen.pk}" selected>' in shown
    assert f'<option value="{found.pk}"' in shown
    assert "three" not in shown


def test_two_runs_are_compared_in_words_and_numbers(viewer: Client) -> None:
    run_a, run_b = two_runs()
    shown = page(viewer, f"a={run_a.pk}&b={run_b.pk}")
    assert "B is ahead by 60.0 points, but it may be chance" in shown or "B is better by 60.0 points" in shown
    assert "3 questions flipped, 3 to B and 0 to A." in shown
    assert "2 of 5 in common right" in shown
    assert "Right in B alone (3)" in shown


def test_flips_lead_to_their_conversations(viewer: Client) -> None:
    run_a, run_b = two_runs(1, extracted="72", expected="42")
    shown = page(viewer, f"a={run_a.pk}&b={run_b.pk}")
    conversation = run_a.results.get(outcome="wrong").conversation_id
    assert f'href="/conversations/{conversation}/"' in shown
    assert '✕ wrong</span> <span class="mono">72</span>' in shown


def test_the_other_way_can_be_looked_at(viewer: Client) -> None:
    run_a, run_b = two_runs()
    assert "None." in page(viewer, f"a={run_a.pk}&b={run_b.pk}&way=lost")
    part = page(viewer, f"a={run_b.pk}&b={run_a.pk}&way=lost", **{"HX-Request": "true", "HX-Target": "flips"})
    assert part.startswith('<section class="panel" id="flips"')
    assert part.count("<tr>") == 4


def test_many_flips_come_page_by_page(viewer: Client) -> None:
    run_a, run_b = two_runs(15)
    query = f"a={run_a.pk}&b={run_b.pk}"
    first = page(viewer, query)
    last = list(run_a.results.filter(outcome="wrong").order_by("conversation_id")[:10])[-1]
    assert f"after={last.conversation_id}-0#flips" in first
    rest = page(viewer, f"{query}&after={last.conversation_id}-0")
    assert rest.count("✕ wrong") == 5
    assert "From the beginning" in rest


def test_a_run_is_not_compared_with_itself(viewer: Client) -> None:
    run, _ = two_runs()
    assert "the same evaluation" in page(viewer, f"a={run.pk}&b={run.pk}")


def test_runs_without_a_common_question_say_so(viewer: Client) -> None:
    runs = [make_run([(make_conversation(), {"outcome": "right"})]) for _ in range(2)]
    shown = page(viewer, f"a={runs[0].pk}&b={runs[1].pk}")
    assert "no scored question in common" in shown
    assert "1 question in A alone or deleted since. 1 question in B alone or deleted since." in shown


def test_several_samples_come_with_a_caution(viewer: Client) -> None:
    run_a, run_b = two_runs()
    run_a.options = {"samples": 5}
    run_a.save()
    assert "narrower than it should be" in page(viewer, f"a={run_a.pk}&b={run_b.pk}")


@pytest.mark.parametrize(
    "query", ["a=x", "a=-1", "b=1.5", "a={a}&b={b}&way=up", "a={a}&b={b}&after=7", "a={a}&b={b}&after=a-b"]
)
def test_a_bad_address_is_refused(viewer: Client, query: str) -> None:
    run_a, run_b = two_runs()
    assert viewer.get(f"{PAGE}?{query.format(a=run_a.pk, b=run_b.pk)}").status_code == 400


def test_an_unknown_run_is_not_found(viewer: Client) -> None:
    assert viewer.get(f"{PAGE}?a=999999").status_code == 404


def test_a_stranger_logs_in_first(client: Client) -> None:
    assert client.get(PAGE)["Location"].startswith("/login")


def test_it_needs_a_get(viewer: Client) -> None:
    assert viewer.post(PAGE).status_code == 405


def test_the_number_of_queries_does_not_grow_with_the_pairs(viewer: Client) -> None:
    counted: list[int] = []
    for flipped in (2, 30):
        run_a, run_b = two_runs(flipped) if not counted else _more(flipped)
        with CaptureQueriesContext(connection) as queries:
            page(viewer, f"a={run_a.pk}&b={run_b.pk}")
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 12


def test_nothing_is_counted_over_all_results_twice_and_no_report_is_read(viewer: Client) -> None:
    run_a, run_b = two_runs()
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page(viewer, f"a={run_a.pk}&b={run_b.pk}")
        statements = [query["sql"] for query in queries]
        assert not [sql for sql in statements if "COUNT(*) AS" in sql or '"report"' in sql]
    assert not [sql for sql in statements if "LEFT JOIN evals_evalresult" in sql]  # it is kept by now


def _more(flipped: int) -> tuple[EvalRun, EvalRun]:
    source = make_source()
    asked = [make_conversation(source) for _ in range(flipped)]
    return (
        make_run([(one, {"outcome": "wrong", "subject": f"s{n}"}) for n, one in enumerate(asked)]),
        make_run([(one, {"outcome": "right", "subject": f"s{n}"}) for n, one in enumerate(asked)]),
    )
