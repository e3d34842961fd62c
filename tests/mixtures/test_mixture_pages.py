"""The pages of mixtures: worked, stranger, reader, wrong method, bad input."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user
from tests.mixtures.helpers import make_export, make_mixture, of_source, part
from webapp.accounts.models import Role, User
from webapp.common.models import Job
from webapp.conversations.models import Source
from webapp.mixtures.models import Export, Mixture
from webapp.mixtures.recipes import Recipe

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "recipe"}
Form = dict[str, str | list[str]]
COMPONENT: Form = {"status": ["approved"], "repeats": "2"}
# Every address of a mixture that changes something, with a form that works.
SETTINGS: Form = {"order": "sequence", "system": "merge", "tools": "text_only", "reasoning": "think_tags"}
CHANGES: dict[str, Form] = {
    "rename": {"name": "another"},
    "settings": SETTINGS | {"version": "2"},
    "search-again": {"version": "2"},
    "export": {"format": "jsonl.gz"},
    "delete": {},
    "components/add": COMPONENT | {"version": "2"},
    "components/0/edit": COMPONENT | {"version": "2"},
    "components/0/remove": {"version": "2"},
    "components/0/move": {"version": "2", "to": "down"},
}

# These ask before they change anything.
PAGES = {"delete", "components/add", "components/0/edit"}


@pytest.fixture
def curator() -> User:
    return make_user(Role.CURATOR, username="cora")


@pytest.fixture
def curating(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


@pytest.fixture
def mixture(sources: list[Source]) -> Mixture:
    return make_mixture(of_source(sources[0]), of_source(sources[1], repeats=3))


def recipe_of(mixture: Mixture) -> Recipe:
    return Recipe.from_dict(Mixture.objects.get(pk=mixture.pk).recipe)


def test_a_new_mixture(curating: Client, curator: User) -> None:
    assert "Name the first one" in curating.get("/mixtures/").text
    answer = curating.post("/mixtures/", {"name": "  chat v1 "})
    made = Mixture.objects.get()
    assert answer.headers["Location"] == f"/mixtures/{made.pk}/"
    assert (made.name, made.created_by, made.version) == ("chat v1", curator, 1)
    page = curating.get(answer.headers["Location"]).text
    assert "Nothing in the mixture yet" in page
    assert "chat v1" in curating.get("/mixtures/").text


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "required"),
        ("   ", "required"),
        ("x" * 101, "at most 100"),
        ("a\0b", "Null characters"),
        ("taken", "already a"),
    ],
)
def test_a_bad_name_is_refused_in_place(curating: Client, name: str, error: str) -> None:
    make_mixture(name="taken")
    answer = curating.post("/mixtures/", {"name": name})
    assert answer.status_code == 422
    assert error in answer.text
    assert Mixture.objects.count() == 1


def test_the_page_comes_at_once_and_its_numbers_after_it(curating: Client, mixture: Mixture) -> None:
    page = curating.get(f"/mixtures/{mixture.pk}/").text
    assert "Counting…" in page
    assert 'hx-trigger="load"' in page
    numbers = curating.get(f"/mixtures/{mixture.pk}/", headers=HTMX).text
    assert "<html" not in numbers
    assert '<strong id="total-lines">14</strong>' in numbers
    assert "64.3 %" in numbers
    assert "a 0?" in numbers
    assert "<html" in curating.get(f"/mixtures/{mixture.pk}/?count=1").text


def test_the_page_asks_the_database_a_fixed_number_of_questions(
    curating: Client, sources: list[Source], django_assert_max_num_queries: Any
) -> None:
    mixture = make_mixture(*(of_source(source) for source in sources * 4))
    with django_assert_max_num_queries(24):
        curating.get(f"/mixtures/{mixture.pk}/")


def test_a_name_with_markup_is_text(curating: Client) -> None:
    mixture = make_mixture(name="<script>alert(1)</script>")
    for path in ("/mixtures/", f"/mixtures/{mixture.pk}/"):
        assert "<script>alert" not in curating.get(path).text


def test_order_and_lowering_are_saved(curating: Client, mixture: Mixture) -> None:
    curating.post(f"/mixtures/{mixture.pk}/settings", CHANGES["settings"])
    recipe = recipe_of(mixture)
    assert (recipe.order, recipe.lowering.tools, recipe.lowering.reasoning) == ("sequence", "text_only", "think_tags")


def test_an_unknown_choice_is_refused(curating: Client, mixture: Mixture) -> None:
    answer = curating.post(f"/mixtures/{mixture.pk}/settings", SETTINGS | {"order": "random", "version": "2"})
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.text
    assert recipe_of(mixture).order == "mixture"


def test_renaming(curating: Client, mixture: Mixture) -> None:
    make_mixture(name="taken")
    answer = curating.post(f"/mixtures/{mixture.pk}/rename", {"name": "taken"})
    assert answer.status_code == 422
    assert "already a mixture" in answer.text
    curating.post(f"/mixtures/{mixture.pk}/rename", {"name": "chat v2"})
    mixture.refresh_from_db()
    assert mixture.name == "chat v2"


def test_deleting_keeps_the_exports(curating: Client, mixture: Mixture) -> None:
    export = make_export(mixture)
    assert "Its 1 export stays" in curating.get(f"/mixtures/{mixture.pk}/delete").text
    assert Mixture.objects.exists()
    curating.post(f"/mixtures/{mixture.pk}/delete")
    assert not Mixture.objects.exists()
    export.refresh_from_db()
    assert (export.mixture, export.is_ready(), export.path().exists()) == (None, True, True)
    assert export.file_name() in curating.get("/mixtures/").text
    assert "(deleted)" in curating.get(f"/exports/{export.pk}/").text


def test_export_is_queued_as_a_job(curating: Client, mixture: Mixture, curator: User) -> None:
    answer = curating.post(f"/mixtures/{mixture.pk}/export", {"format": "jsonl.zst"})
    export = Export.objects.get()
    assert answer.headers["Location"] == f"/exports/{export.pk}/"
    assert (export.format, export.created_by, export.state) == ("jsonl.zst", curator, "making")
    assert Job.objects.get(kind="export").state == Job.State.QUEUED
    assert export.file_name() in curating.get(f"/mixtures/{mixture.pk}/exports").text


def test_an_export_needs_a_component_and_a_known_format(curating: Client, mixture: Mixture) -> None:
    empty = make_mixture(name="empty")
    assert curating.post(f"/mixtures/{empty.pk}/export", {"format": "jsonl"}).status_code == 422
    assert curating.post(f"/mixtures/{mixture.pk}/export", {"format": "zip"}).status_code == 422
    assert not Export.objects.exists()


@pytest.mark.parametrize("path", CHANGES)
def test_who_may_change(client: Client, mixture: Mixture, path: str) -> None:
    address = f"/mixtures/{mixture.pk}/{path}"
    answer = client.post(address, CHANGES[path])
    assert answer.status_code == 302
    assert "/login" in answer.headers["Location"]
    client.force_login(make_user(Role.REVIEWER))
    assert client.post(address, CHANGES[path]).status_code == 403
    mixture.refresh_from_db()
    assert mixture.version == 2
    client.force_login(make_user(Role.CURATOR))
    assert client.post(address, CHANGES[path]).status_code == 302


@pytest.mark.parametrize("path", CHANGES)
def test_a_mixture_that_is_not_there(curating: Client, path: str) -> None:
    assert curating.post(f"/mixtures/999/{path}", CHANGES[path]).status_code == 404


@pytest.mark.parametrize("path", [path for path in CHANGES if path not in PAGES])
def test_reading_changes_nothing(curating: Client, mixture: Mixture, path: str) -> None:
    assert curating.get(f"/mixtures/{mixture.pk}/{path}").status_code == 405


def test_a_viewer_reads_and_is_offered_no_changes(client: Client, mixture: Mixture) -> None:
    for path in ("/mixtures/", f"/mixtures/{mixture.pk}/", f"/mixtures/{mixture.pk}/exports"):
        assert client.get(path).status_code == 302
    client.force_login(make_user(Role.VIEWER))
    for path in ("/mixtures/", f"/mixtures/{mixture.pk}/?count=1", f"/mixtures/{mixture.pk}/exports"):
        page = client.get(path)
        assert page.status_code == 200
        assert "csrfmiddlewaretoken" not in page.text.split("<main", 1)[1]
    assert client.post("/mixtures/", {"name": "mine"}).status_code == 403


def test_a_version_is_needed_and_must_be_the_last_one(curating: Client, mixture: Mixture) -> None:
    path = f"/mixtures/{mixture.pk}/components/0/remove"
    assert curating.post(path).status_code == 428
    assert curating.post(path, {"version": "x"}).status_code == 428
    answer = curating.post(path, {"version": "1"})
    assert answer.status_code == 409
    assert "Somebody changed this mixture" in answer.text
    assert len(recipe_of(mixture).components) == 2


def test_settings_chosen_on_an_old_version_are_refused_in_place(curating: Client, mixture: Mixture) -> None:
    answer = curating.post(f"/mixtures/{mixture.pk}/settings", SETTINGS | {"version": "1"})
    assert answer.status_code == 409
    assert "Somebody changed this mixture" in answer.text
    assert '<option value="text_only" selected' in answer.text
    assert recipe_of(mixture).order == "mixture"


def test_search_again_finds_what_is_there_now(curating: Client, sources: list[Source]) -> None:
    mixture = make_mixture(part({"q": "answer"}))
    assert "0 conversations with the text" in curating.get(f"/mixtures/{mixture.pk}/").text
    answer = curating.post(f"/mixtures/{mixture.pk}/search-again", {"version": mixture.version}, follow=True)
    assert "Searched again." in answer.text
