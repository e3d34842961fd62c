"""Your own name and password."""

import pytest
from django.test import Client

from tests.factories import make_user
from webapp.accounts.models import Role, User

pytestmark = pytest.mark.django_db
OLD, NEW = "correct horse battery", "another horse battery"


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user(Role.VIEWER, username="ada", password=OLD)
    client.force_login(user)
    return user


def test_a_stranger_logs_in_first() -> None:
    assert Client().get("/profile")["Location"] == "/login?next=%2Fprofile"
    assert Client().post("/profile/password")["Location"] == "/login"


def test_the_name_is_saved(client: Client, ada: User) -> None:
    assert client.post("/profile", {"name": "  Ada <Lovelace>  "}).status_code == 302
    ada.refresh_from_db()
    assert ada.first_name == "Ada <Lovelace>"
    assert "Ada &lt;Lovelace&gt;" in client.get("/profile").content.decode()


def test_a_name_that_is_too_long_is_kept_in_the_form(client: Client, ada: User) -> None:
    page = client.post("/profile", {"name": "x" * 151}).content.decode()
    assert "at most 150 characters" in page
    assert "x" * 151 in page


def test_the_password_changes_after_the_old_one_and_the_session_stays(client: Client, ada: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    data = {"old": OLD, "password": NEW, "again": NEW}
    assert client.post("/profile/password", data)["Location"] == "/profile"
    assert client.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 302


def test_a_wrong_old_password_changes_nothing(client: Client, ada: User) -> None:
    page = client.post("/profile/password", {"old": "wrong", "password": NEW, "again": NEW}).content.decode()
    assert "This is not your old password." in page
    ada.refresh_from_db()
    assert ada.check_password(OLD)


def test_the_password_page_needs_a_post(client: Client, ada: User) -> None:
    assert client.get("/profile/password").status_code == 405
