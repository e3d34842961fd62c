"""No view without its word on who may open it."""

from collections.abc import Callable, Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_user
from webapp.accounts.middleware import AccessMiddleware
from webapp.accounts.models import Role
from webapp.common.access import public, role_required

PUBLIC = {
    "healthz", "readyz", "login", "logout", "theme", "link/<str:token>", "invite/<str:token>", "reset/<str:token>",
}  # fmt: skip


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, address)
        else:
            yield address, entry


ALL = dict(patterns(get_resolver()))


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def test_every_view_says_who_may_open_it() -> None:
    assert len(ALL) > 20
    silent = [
        address
        for address, entry in ALL.items()
        if not getattr(entry.callback, "is_public", False)
        and getattr(entry.callback, "required_role", None) not in Role.values
    ]
    assert silent == []


def test_the_public_ones_are_these() -> None:
    assert {address for address, entry in ALL.items() if getattr(entry.callback, "is_public", False)} == PUBLIC


@pytest.mark.django_db
def test_a_view_that_says_nothing_is_refused_even_to_an_administrator() -> None:
    request = RequestFactory().get("/")
    request.user = make_user(Role.ADMIN)
    response = AccessMiddleware(unmarked).process_view(request, unmarked)
    assert response is not None
    assert response.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "reads", "changes"), [("viewer", 200, 403), ("curator", 200, 200)])
def test_reading_and_changing_may_need_different_roles(role: str, reads: int, changes: int) -> None:
    view = role_required("viewer", to_change="curator")(unmarked_copy())
    for method, status in (("get", reads), ("post", changes)):
        request = getattr(RequestFactory(), method)("/")
        request.user = make_user(Role(role))
        response = AccessMiddleware(unmarked).process_view(request, view)
        assert (response.status_code if response else 200) == status


def unmarked_copy() -> Callable[[HttpRequest], HttpResponse]:
    return lambda request: HttpResponse("open")


def test_a_public_view_asks_nobody() -> None:
    view = public(unmarked_copy())
    assert AccessMiddleware(unmarked).process_view(RequestFactory().get("/"), view) is None


@pytest.mark.django_db
def test_a_script_whose_session_has_ended_gets_words_and_a_401(client: Client) -> None:
    response = client.get("/jobs/menu", headers={"HX-Request": "true"})
    assert (response.status_code, response["Content-Type"]) == (401, "text/plain")
    assert b"session has ended" in response.content
