"""Errors look like the rest of Winnow, tell no secrets, and touch no database."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from tests.factories import make_user
from webapp.accounts.models import Role
from webapp.common.access import public
from webapp.common.errors import Conflict, Unavailable, Unprocessable
from webapp.common.middleware import as_winnow_error


def raising(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return public(view)


urlpatterns = [
    path("conflict", raising(Conflict("Ben changed <this> first."))),
    path("rule", raising(Unprocessable("Against a rule."))),
    path("away", raising(Unavailable("Try again."))),
    path("locked", raising(OperationalError("database is locked"))),
    path("bug", raising(ZeroDivisionError("secret detail"))),
    path("", include("webapp.urls")),
]
handler400 = "webapp.common.views.bad_request"
handler403 = "webapp.common.views.forbidden"
handler404 = "webapp.common.views.not_found"
handler500 = "webapp.common.views.server_error"


@pytest.fixture
def visitor(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/conflict", 409, "Ben changed &lt;this&gt; first."),
        ("/rule", 422, "Against a rule."),
        ("/away", 503, "Try again."),
        ("/locked", 503, "The database is busy or out of reach."),
        ("/bug", 500, "Something went wrong inside Winnow."),
        ("/nothing/here", 404, "There is nothing at this address."),
        ("/login?q=%00", 400, "holds a NUL character"),
    ],
)
def test_each_error_has_its_page(visitor: Client, address: str, status: int, words: str) -> None:
    """Without a database: a test that is not marked for one fails on the first query."""
    response = visitor.get(address)
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert f"Error {status}" in page
    assert 'class="frame-head"' in page
    assert "secret detail" not in page


def test_the_page_of_an_error_keeps_the_theme(visitor: Client) -> None:
    visitor.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in visitor.get("/conflict").content.decode()


def test_a_script_gets_the_words_alone(visitor: Client) -> None:
    response = visitor.get("/conflict", headers={"HX-Request": "true"})
    assert (response.status_code, response.content.decode()) == (409, "Ben changed <this> first.")
    assert response["Content-Type"].startswith("text/plain")


def test_what_may_work_in_a_moment_says_when(visitor: Client) -> None:
    assert visitor.get("/away")["Retry-After"] == "5"


@pytest.mark.django_db
def test_a_wrong_method_has_a_page_too(client: Client) -> None:
    client.force_login(make_user(Role.ADMIN))
    response = client.get("/logout")
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"
    assert "This address takes POST only" in response.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused(settings: Settings) -> None:
    make_user(Role.ADMIN, username="ada")
    checking = Client(enforce_csrf_checks=True)
    response = checking.post("/login", {"username": "ada", "password": "correct horse battery"})
    assert response.status_code == 403
    assert "reload the page" in response.content.decode()


def test_the_policy_allows_nothing_inline(visitor: Client) -> None:
    policy = visitor.get("/conflict")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy


@pytest.mark.parametrize(("cause", "status"), [(OperationalError("database is locked"), 503), (None, 400)])
def test_a_session_that_cannot_be_stored(cause: Exception | None, status: int) -> None:
    failed = UpdateError()
    failed.__context__ = cause
    interrupted = SessionInterrupted("gone")
    interrupted.__context__ = failed
    error = as_winnow_error(interrupted)
    assert error is not None
    assert error.status == status
