"""Log-in: who gets in, what is refused before a password is looked at, the lock after wrong ones."""

import pytest
from django.test import Client

from tests.factories import make_user
from webapp.accounts.models import Role, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def ada() -> User:
    return make_user(Role.REVIEWER, username="ada", password=PASSWORD)


def test_the_right_password_opens_the_home_page(client: Client, ada: User) -> None:
    response = client.post("/login", {"username": "ada", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_a_wrong_password_keeps_the_name_that_was_typed(client: Client, ada: User) -> None:
    response = client.post("/login", {"username": "ada", "password": "wrong"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "is not right" in page
    assert 'value="ada"' in page
    assert "wrong" not in page


def test_a_stranger_is_sent_to_the_log_in_page_and_back(client: Client, ada: User) -> None:
    response = client.get("/jobs/?state=failed")
    assert response["Location"] == "/login?next=%2Fjobs%2F%3Fstate%3Dfailed"
    response = client.post("/login", {"username": "ada", "password": PASSWORD, "next": "/jobs/?state=failed"})
    assert response["Location"] == "/jobs/?state=failed"


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_leads_to_this_site_only(client: Client, ada: User, address: str) -> None:
    response = client.post("/login", {"username": "ada", "password": PASSWORD, "next": address})
    assert response["Location"] == "/"


def test_a_nul_in_the_name_is_an_error_at_the_field(client: Client, ada: User) -> None:
    response = client.post("/login", {"username": "a\0da", "password": PASSWORD})
    assert response.status_code == 200
    assert "Null characters are not allowed." in response.content.decode()


def test_a_password_of_a_megabyte_is_an_error_of_length(client: Client, ada: User) -> None:
    response = client.post("/login", {"username": "ada", "password": "x" * 1_000_000})
    assert response.status_code == 200
    assert "at most 1000 characters" in response.content.decode()


def test_an_unknown_host_is_refused(client: Client) -> None:
    assert client.get("/login", headers={"host": "evil.example"}).status_code == 400


def test_a_deactivated_person_cannot_log_in(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    assert client.post("/login", {"username": "ada", "password": PASSWORD}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_log_out_needs_a_post(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"
    assert client.get("/").status_code == 302


@pytest.fixture
def locked(client: Client, ada: User) -> Client:
    for _ in range(5):
        client.post("/login", {"username": "ada", "password": "wrong"})
    return client


def test_after_five_wrong_passwords_the_right_one_has_to_wait(locked: Client) -> None:
    response = locked.post("/login", {"username": "ada", "password": PASSWORD})
    page = response.content.decode()
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "locked from here for" in page
    assert "ask an administrator for a new-password link" in page


def test_the_lock_does_not_touch_others(locked: Client) -> None:
    make_user(Role.VIEWER, username="ben", password=PASSWORD)
    assert locked.post("/login", {"username": "ben", "password": PASSWORD}).status_code == 302


def test_a_new_password_ends_the_lock(locked: Client, ada: User) -> None:
    from webapp.accounts.actions import set_password

    set_password(person=ada, password="another horse battery")
    response = locked.post("/login", {"username": "ada", "password": "another horse battery"})
    assert response.status_code == 302


@pytest.mark.parametrize(("sent", "remembered"), [("dark", "dark"), ("light", "light"), ("", ""), ("<b>", "")])
def test_the_theme_is_remembered(client: Client, ada: User, sent: str, remembered: str) -> None:
    client.force_login(ada)
    response = client.post("/theme", {"theme": sent, "next": "/jobs/"})
    assert response["Location"] == "/jobs/"
    assert (f'data-theme="{remembered}"' in client.get("/jobs/").content.decode()) is bool(remembered)


def test_the_theme_leads_back_to_this_site_only(client: Client) -> None:
    assert client.post("/theme", {"theme": "dark", "next": "//evil.example/"})["Location"] == "/"
    assert client.get("/theme").status_code == 405
