"""loginlink and createuser."""

import io
import json
import sys
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.factories import make_user
from webapp.accounts.models import Role, User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def test_the_first_link_creates_an_administrator_without_a_password(client: Client) -> None:
    link = run("loginlink", "--address", "https://winnow.example.org/")
    assert link.startswith("https://winnow.example.org/link/")
    admin = User.objects.get()
    assert (admin.username, admin.role, admin.has_usable_password()) == ("admin", "admin", False)
    assert client.post(urlsplit(link).path)["Location"] == "/profile"


def test_a_second_link_is_for_the_same_administrator() -> None:
    run("loginlink")
    assert json.loads(run("loginlink", "--json"))["username"] == "admin"
    assert User.objects.count() == 1


def test_the_name_admin_may_be_taken_by_somebody_who_is_none() -> None:
    make_user(Role.VIEWER, username="Admin")
    assert json.loads(run("loginlink", "--json"))["username"] == "admin2"


def test_a_link_for_a_person() -> None:
    make_user(Role.VIEWER, username="ada")
    assert json.loads(run("loginlink", "ada", "--json"))["username"] == "ada"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], "nobody named 'nobody'"),
        (["gone"], "is deactivated"),
        (["--address", "winnow.example.org"], "must look like https://"),
    ],
)
def test_what_loginlink_refuses(arguments: list[str], message: str) -> None:
    make_user(username="gone")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match=message):
        run("loginlink", *arguments)


def test_createuser_prints_a_link_for_the_password(client: Client) -> None:
    made = json.loads(run("createuser", "ben", "--role", "curator", "--json"))
    assert (made["username"], made["role"]) == ("ben", "curator")
    assert not User.objects.get().has_usable_password()
    assert client.get(urlsplit(made["link"]).path).status_code == 200
    assert "within 7 days: http" in run("createuser", "cleo", "--role", "viewer")


def test_createuser_takes_a_password_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    assert json.loads(run("createuser", "ben", "--role", "viewer", "--password-stdin", "--json"))["link"] is None
    assert User.objects.get().check_password("correct horse battery")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a b", "--role", "viewer"], "valid username"),
        (["ADA", "--role", "viewer"], "already named"),
        (["", "--role", "viewer"], "blank"),
        (["ben", "--role", "emperor"], "invalid choice"),
        (["ben"], "required"),
    ],
)
def test_what_createuser_refuses(arguments: list[str], message: str) -> None:
    make_user(username="ada")
    with pytest.raises(CommandError, match=message):
        run("createuser", *arguments)


def test_createuser_refuses_a_weak_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("12345\n"))
    with pytest.raises(CommandError, match="too short"):
        run("createuser", "ben", "--role", "viewer", "--password-stdin")
    assert not User.objects.exists()
