"""The people page: inviting, roles, deactivating, links; and that the last administrator stays."""

import re

import pytest
from django.test import Client

from tests.factories import make_user
from webapp.accounts import actions
from webapp.accounts.models import OneTimeLink, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user(Role.ADMIN, username="ada")


@pytest.fixture
def ben() -> User:
    return make_user(Role.REVIEWER, username="ben")


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def addresses(person: User, link: int = 1) -> list[str]:
    actions_on_person = [f"/people/{person.pk}/{name}" for name in ("role", "reset", "deactivate", "reactivate")]
    return [*actions_on_person, "/people/invite", f"/people/links/{link}/revoke"]


def test_the_page_lists_everybody_and_the_open_links(admin: Client, ben: User) -> None:
    actions.invite_person(role="viewer", note="<script>Cleo", by=None)
    page = admin.get("/people").content.decode()
    assert "ben" in page
    assert "&lt;script&gt;Cleo" in page
    assert "<script>Cleo" not in page


def test_strangers_log_in_first(client: Client, ben: User) -> None:
    assert client.get("/people")["Location"].startswith("/login")
    assert all(client.post(address)["Location"] == "/login" for address in addresses(ben))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.CURATOR])
def test_only_administrators_may(client: Client, ben: User, role: Role) -> None:
    client.force_login(make_user(role))
    assert client.get("/people").status_code == 403
    assert {client.post(address).status_code for address in addresses(ben)} == {403}


def test_changes_need_a_post(admin: Client, ben: User) -> None:
    assert {admin.get(address).status_code for address in addresses(ben)} == {405}
    assert admin.post("/people").status_code == 405


def test_an_unknown_person_or_link_is_not_found(admin: Client) -> None:
    assert admin.post("/people/999/deactivate").status_code == 404
    assert admin.post("/people/links/999/revoke").status_code == 404


def test_an_invitation_is_shown_once(admin: Client, client: Client) -> None:
    page = admin.post("/people/invite", {"role": "reviewer", "note": "Cleo"}).content.decode()
    address = re.search(r'value="(http://testserver/invite/[^"]+)"', page)
    assert address is not None
    assert address[1] not in admin.get("/people").content.decode()
    assert Client().get(address[1]).status_code == 200
    link = OneTimeLink.objects.get()
    assert (link.role, link.note, link.created_by_id) == ("reviewer", "Cleo", User.objects.get().pk)


def test_an_unknown_role_is_refused_and_the_note_kept(admin: Client) -> None:
    page = admin.post("/people/invite", {"role": "emperor", "note": "Cleo"}).content.decode()
    assert "Select a valid choice" in page
    assert 'value="Cleo"' in page
    assert not OneTimeLink.objects.exists()


def test_a_new_password_link_is_shown(admin: Client, ben: User) -> None:
    page = admin.post(f"/people/{ben.pk}/reset").content.decode()
    assert "New password for ben" in page
    assert "/reset/" in page


def test_a_role_works_from_the_next_request_on(admin: Client, ben: User) -> None:
    of_ben = Client()
    of_ben.force_login(ben)
    assert of_ben.get("/people").status_code == 403
    admin.post(f"/people/{ben.pk}/role", {"role": "admin"})
    assert of_ben.get("/people").status_code == 200
    admin.post(f"/people/{ben.pk}/role", {"role": "viewer"})
    assert of_ben.get("/people").status_code == 403


def test_a_role_that_does_not_exist_is_refused(admin: Client, ben: User) -> None:
    assert admin.post(f"/people/{ben.pk}/role", {"role": "emperor"}).status_code == 400


def test_a_deactivated_person_is_out_at_once_and_can_come_back(admin: Client, ben: User) -> None:
    of_ben = Client()
    of_ben.force_login(ben)
    link = actions.make_reset_link(person=ben, by=None)
    admin.post(f"/people/{ben.pk}/deactivate")
    assert of_ben.get("/")["Location"].startswith("/login")
    assert Client().get(f"/reset/{link}").status_code == 410
    assert admin.post(f"/people/{ben.pk}/reset").status_code == 422
    admin.post(f"/people/{ben.pk}/reactivate")
    assert of_ben.get("/").status_code == 200


@pytest.mark.parametrize(("action", "data"), [("deactivate", {}), ("role", {"role": "curator"})])
def test_the_last_administrator_stays(admin: Client, ada: User, action: str, data: dict[str, str]) -> None:
    make_user(Role.ADMIN, username="former")
    User.objects.filter(username="former").update(is_active=False)
    response = admin.post(f"/people/{ada.pk}/{action}", data)
    assert response.status_code == 422
    assert "last administrator" in response.content.decode()
    assert admin.get("/people").status_code == 200


def test_one_of_two_administrators_may_step_down(admin: Client, ada: User) -> None:
    make_user(Role.ADMIN)
    assert admin.post(f"/people/{ada.pk}/role", {"role": "viewer"})["Location"] == "/"
    assert admin.get("/people").status_code == 403


def test_a_revoked_link_does_not_work(admin: Client) -> None:
    token = actions.invite_person(role="viewer", note="", by=None)
    link = OneTimeLink.objects.get()
    assert admin.post(f"/people/links/{link.pk}/revoke").status_code == 302
    assert Client().get(f"/invite/{token}").status_code == 410
    assert admin.post(f"/people/links/{link.pk}/revoke").status_code == 409


@pytest.mark.parametrize("leave", ["role", "deactivate"])
def test_links_of_a_former_administrator_end(admin: Client, ada: User, leave: str) -> None:
    zoe = make_user(Role.ADMIN, username="zoe")
    own, other = (actions.invite_person(role="admin", note="", by=person) for person in (zoe, ada))
    admin.post(f"/people/{zoe.pk}/{leave}", {"role": "viewer"})
    admin.logout()
    assert admin.get(f"/invite/{own}").status_code == 410
    assert admin.get(f"/invite/{other}").status_code == 200
