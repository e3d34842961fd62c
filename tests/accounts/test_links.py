"""One-time links: what a GET may do, that they work once, who they let in."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_user
from webapp.accounts import actions
from webapp.accounts.links import LinkEnded, find_link, hash_of
from webapp.accounts.models import OneTimeLink, Role, User

pytestmark = pytest.mark.django_db
NEW = "another horse battery"
TWICE = {"password": NEW, "again": NEW}


@pytest.fixture
def ada() -> User:
    return make_user(Role.ADMIN, username="ada")


def login_path(person: User) -> str:
    return f"/link/{actions.make_login_link(person=person, by=None)}"


def invite_path(role: str = "curator") -> str:
    return f"/invite/{actions.invite_person(role=role, note='for Ben', by=None)}"


def reset_path(person: User) -> str:
    return f"/reset/{actions.make_reset_link(person=person, by=None)}"


def test_only_the_hash_is_kept(ada: User) -> None:
    token = actions.make_login_link(person=ada, by=None)
    link = OneTimeLink.objects.get()
    assert link.token_hash == hash_of(token)
    assert token not in str(OneTimeLink.objects.values().get())


def test_opening_a_link_does_not_use_it_up(client: Client, ada: User) -> None:
    path = login_path(ada)
    for _ in range(2):
        response = client.get(path)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
    assert client.get("/").status_code == 302
    assert client.post(path)["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_link_works_once(client: Client, ada: User) -> None:
    path = login_path(ada)
    client.post(path)
    other = Client()
    assert other.post(path).status_code == 410
    assert other.get(path).status_code == 410


def test_of_two_at_once_only_one_gets_through(ada: User) -> None:
    link = find_link(actions.make_login_link(person=ada, by=None), "login")
    assert actions.use_login_link(link=link) == ada
    with pytest.raises(LinkEnded):
        actions.use_login_link(link=link)


def test_links_expire(client: Client, ada: User) -> None:
    path = login_path(ada)
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(path).status_code == 410


@pytest.mark.parametrize(("make", "days"), [(login_path, 1), (reset_path, 7), (lambda _: invite_path(), 7)])
def test_how_long_links_work(ada: User, make: object, days: int) -> None:
    assert callable(make)
    make(ada)
    link = OneTimeLink.objects.get()
    assert round((link.expires_at - timezone.now()) / timedelta(days=1), 2) == days


def test_a_link_of_another_purpose_does_not_work(client: Client, ada: User) -> None:
    token = actions.make_login_link(person=ada, by=None)
    assert client.get(f"/reset/{token}").status_code == 410
    assert client.get("/link/unknown").status_code == 410


def test_a_link_for_somebody_deactivated_does_not_work(client: Client, ada: User) -> None:
    path = login_path(ada)
    User.objects.update(is_active=False)
    assert client.post(path).status_code == 410


def test_who_has_no_password_is_asked_to_set_one(client: Client) -> None:
    person = actions.person_to_log_in("")
    assert client.post(login_path(person))["Location"] == "/profile"
    page = client.get("/profile").content.decode()
    assert "You have no password yet" in page
    assert "Old password" not in page
    assert client.post("/profile/password", TWICE)["Location"] == "/profile"
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert client.get("/").status_code == 200


def test_an_invitation_makes_an_account_with_its_role(client: Client) -> None:
    path = invite_path("curator")
    assert "with the curator role" in client.get(path).content.decode()
    response = client.post(path, {"username": "ben", "name": "Ben Doe", **TWICE})
    assert (response.status_code, response["Location"]) == (302, "/")
    ben = User.objects.get(username="ben")
    assert (ben.role, ben.first_name, ben.check_password(NEW)) == ("curator", "Ben Doe", True)
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"username": "   "}, "This field is required."),
        ({"username": "a b"}, "without spaces"),
        ({"username": "<script>"}, "without spaces"),
        ({"username": "b\0"}, "Null characters are not allowed."),
        ({"username": "ADA"}, "Somebody is already named ADA."),
        ({"username": "x" * 151}, "at most 150 characters"),
        ({"again": "something else"}, "The two passwords are not the same."),
        ({"password": "short", "again": "short"}, "too short"),
        ({"password": "x" * 1001, "again": "x" * 1001}, "at most 1000 characters"),
        ({"username": "benjamin.doe", "password": "benjamin.doe", "again": "benjamin.doe"}, "too similar"),
    ],
)
def test_bad_input_keeps_the_invitation_open(client: Client, ada: User, changes: dict[str, str], message: str) -> None:
    path = invite_path()
    page = client.post(path, {"username": "ben", "name": "Ben <b>Doe", **TWICE, **changes}).content.decode()
    assert message in page
    assert 'value="Ben &lt;b&gt;Doe"' in page
    assert client.get(path).status_code == 200
    assert User.objects.count() == 1


def test_a_reset_link_sets_a_new_password_and_ends_other_sessions(client: Client, ada: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    path = reset_path(ada)
    assert client.get(path).status_code == 200
    assert client.post(path, TWICE)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_a_new_reset_link_ends_the_one_before(client: Client, ada: User) -> None:
    first, second = reset_path(ada), reset_path(ada)
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_a_used_reset_link_changes_nothing(client: Client, ada: User) -> None:
    path = reset_path(ada)
    client.post(path, TWICE)
    other = {"password": "yet another horse", "again": "yet another horse"}
    assert Client().post(path, other).status_code == 410
    ada.refresh_from_db()
    assert ada.check_password(NEW)
