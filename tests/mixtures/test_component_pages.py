"""The forms for the components of a mixture."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_user
from tests.mixtures.helpers import make_mixture, of_source, part
from webapp.accounts.models import Role
from webapp.conversations.models import Source
from webapp.mixtures.models import Mixture
from webapp.mixtures.recipes import Component, Recipe

pytestmark = pytest.mark.django_db


@pytest.fixture
def curating(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR))
    return client


@pytest.fixture
def mixture(sources: list[Source]) -> Mixture:
    return make_mixture(of_source(sources[0]), of_source(sources[1], repeats=3))


def components_of(mixture: Mixture) -> tuple[Component, ...]:
    return Recipe.from_dict(Mixture.objects.get(pk=mixture.pk).recipe).components


def test_adding(curating: Client, mixture: Mixture, sources: list[Source]) -> None:
    path = f"/mixtures/{mixture.pk}/components/add"
    page = curating.get(path).text
    assert 'value="approved" id="id_status_1" checked' in page
    form = {
        "source": [sources[2].pk],
        "status": ["approved"],
        "turns_min": "2",
        "repeats": "2",
        "start": "-3",
        "step": "2",
    }
    answer = curating.post(path, form | {"version": "2"})
    assert answer.headers["Location"] == f"/mixtures/{mixture.pk}/"
    added = components_of(mixture)[2]
    assert added.filter.to_dict() == {"source": [sources[2].pk], "status": ["approved"], "turns_min": 2}
    assert (added.repeats, added.start, added.stop, added.step) == (2, -3, None, 2)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"repeats": "0"}, "greater than or equal to 1"),
        ({"repeats": "2.5"}, "Enter a whole number"),
        ({"repeats": ""}, "required"),
        ({"repeats": "1", "step": "0"}, "greater than or equal to 1"),
        ({"repeats": "1", "start": "x"}, "Enter a whole number"),
        ({"repeats": "1", "stop": "9" * 30}, "less than or equal to"),
        ({"repeats": "1", "status": "liked"}, "Select a valid choice"),
        ({"repeats": "1", "source": "999"}, "no source with the number 999"),
        ({"repeats": "1", "source": "x"}, "Select a valid choice"),
        ({"repeats": "1", "reviewer": "nobody"}, "nobody called"),
    ],
)
def test_bad_input_is_refused_in_place_and_kept(
    curating: Client, mixture: Mixture, form: dict[str, str], error: str
) -> None:
    answer = curating.post(f"/mixtures/{mixture.pk}/components/add", form | {"version": "2", "subject": "algebra"})
    assert answer.status_code == 422
    assert error in answer.text
    assert 'value="algebra"' in answer.text
    assert len(components_of(mixture)) == 2


def test_editing(curating: Client, mixture: Mixture, sources: list[Source]) -> None:
    path = f"/mixtures/{mixture.pk}/components/1/edit"
    page = curating.get(path).text
    assert 'name="repeats" value="3"' in page
    assert f'value="{sources[1].pk}" id="id_source_2" checked' in page
    curating.post(path, {"source": [sources[1].pk], "repeats": "5", "stop": "2", "version": "2"})
    changed = components_of(mixture)[1]
    assert (changed.repeats, changed.stop, changed.filter.status) == (5, 2, ())


@pytest.mark.parametrize("path", ["add", "0/edit"])
def test_a_form_on_an_old_version_is_refused_with_what_was_typed(curating: Client, mixture: Mixture, path: str) -> None:
    form = {"subject": "algebra", "repeats": "7", "version": "1"}
    answer = curating.post(f"/mixtures/{mixture.pk}/components/{path}", form)
    assert answer.status_code == 409
    assert "Somebody changed this mixture" in answer.text
    assert 'value="algebra"' in answer.text
    assert [component.repeats for component in components_of(mixture)] == [1, 3]


def test_a_deleted_source_stays_ticked(curating: Client, mixture: Mixture, sources: list[Source]) -> None:
    Source.objects.filter(pk=sources[0].pk).update(deleted_at=timezone.now())
    assert "a (deleted)" in curating.get(f"/mixtures/{mixture.pk}/components/0/edit").text
    form = {"source": [sources[0].pk], "repeats": "2", "version": "2"}
    assert curating.post(f"/mixtures/{mixture.pk}/components/0/edit", form).status_code == 302
    assert components_of(mixture)[0].filter.source == (sources[0].pk,)


def test_moving_and_removing(curating: Client, mixture: Mixture) -> None:
    curating.post(f"/mixtures/{mixture.pk}/components/0/move", {"to": "down", "version": "2"})
    assert [component.repeats for component in components_of(mixture)] == [3, 1]
    curating.post(f"/mixtures/{mixture.pk}/components/0/remove", {"version": "3"})
    assert [component.repeats for component in components_of(mixture)] == [1]
    assert curating.post(f"/mixtures/{mixture.pk}/components/7/remove", {"version": "4"}).status_code == 404
    assert curating.post(f"/mixtures/{mixture.pk}/components/0/move", {"to": "left", "version": "4"}).status_code == 400


def test_what_a_component_would_find_is_counted_while_it_is_typed(curating: Client, mixture: Mixture) -> None:
    path = f"/mixtures/{mixture.pk}/components/count"
    found = curating.get(path, {"status": "approved", "repeats": "2", "stop": "10", "version": "2"}).text
    assert "15 conversations" in found
    assert "[:10]" in found
    assert "<strong>20</strong>" in found
    assert "cannot be used yet" in curating.get(path, {"repeats": "x"}).text
    assert curating.post(path).status_code == 405


def test_the_filter_of_the_list_becomes_a_component(curating: Client, mixture: Mixture) -> None:
    page = curating.get("/mixtures/add?turns_min=2").text
    assert "at least 2 turns" in page
    assert "checked" in page
    form = {"query": "turns_min=2", "only_approved": "on", "mixture": mixture.pk}
    answer = curating.post("/mixtures/add", form)
    assert answer.headers["Location"] == f"/mixtures/{mixture.pk}/"
    assert components_of(mixture)[2].filter.to_dict() == {"status": ["approved"], "turns_min": 2}


def test_the_filter_of_the_list_begins_a_mixture(curating: Client) -> None:
    curating.post("/mixtures/add", {"query": "status=skipped", "name": "fresh"})
    (component,) = components_of(Mixture.objects.get(name="fresh"))
    assert component.filter.to_dict() == {"status": ["skipped"]}


def test_a_filter_that_cannot_be_used_is_refused(curating: Client) -> None:
    make_mixture(name="taken")
    assert curating.get("/mixtures/add?owner=1").status_code == 400
    assert curating.post("/mixtures/add", {"query": "owner=1", "name": "x"}).status_code == 422
    assert "Give the new mixture a name" in curating.post("/mixtures/add", {"query": ""}).text
    assert "already a mixture" in curating.post("/mixtures/add", {"query": "", "name": "taken"}).text
    assert Mixture.objects.count() == 1


def test_only_curators_are_offered_to_mix(client: Client) -> None:
    assert client.get("/mixtures/add").status_code == 302
    client.force_login(make_user(Role.REVIEWER))
    assert client.get("/mixtures/add").status_code == 403
    assert "Mix these" not in client.get("/conversations/").text
    client.force_login(make_user(Role.CURATOR))
    assert "/mixtures/add?status=approved" in client.get("/conversations/?status=approved").text


def test_a_search_is_kept_when_only_the_repeats_change(curating: Client, sources: list[Source]) -> None:
    mixture = make_mixture(part({"q": "answer"}))
    before = components_of(mixture)[0].found
    form = {"q": "answer", "repeats": "4", "version": mixture.version}
    curating.post(f"/mixtures/{mixture.pk}/components/0/edit", form)
    assert components_of(mixture)[0].found == before
    curating.post(f"/mixtures/{mixture.pk}/components/0/edit", form | {"q": "other", "version": mixture.version + 1})
    assert components_of(mixture)[0].found not in (None, before)
