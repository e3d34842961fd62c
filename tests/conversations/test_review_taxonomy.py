"""The reasons of flags: seen by all, changed by curators."""

import pytest
from django.test import Client

from tests.factories import make_conversation, make_user
from webapp.accounts.models import Role
from webapp.conversations.actions.review import flag_conversation
from webapp.conversations.models import FlagReason

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR))
    return client


def labels() -> list[str]:
    return list(FlagReason.objects.filter(active=True).values_list("label", flat=True))


def test_all_see_the_reasons_their_keys_and_what_is_open(client: Client) -> None:
    client.force_login(make_user(Role.VIEWER))
    flag_conversation(conversation_id=make_conversation().pk, reason=FlagReason.objects.get(slug="unsafe"), by=None)
    shown = client.get("/flags/").content.decode()
    assert shown.count('<kbd class="kbd">') >= 9
    assert '<a href="/conversations/?flag=unsafe">1</a>' in shown
    assert "Add a reason" not in shown


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_only_curators_change_them(client: Client, role: Role) -> None:
    client.force_login(make_user(role))
    reason = FlagReason.objects.all()[0]
    assert client.post("/flags/", {"label": "new"}).status_code == 403
    assert client.post(f"/flags/{reason.pk}/", {"label": "new"}).status_code == 403
    assert client.post(f"/flags/{reason.pk}/arrange", {"do": "retire"}).status_code == 403


def test_a_stranger_is_sent_to_the_log_in(client: Client) -> None:
    assert client.get("/flags/")["Location"].startswith("/login")


def test_a_reason_is_added_and_renamed_and_keeps_its_slug(curator: Client) -> None:
    assert curator.post("/flags/", {"label": "  Too  long ", "description": "More than needed."}).status_code == 302
    reason = FlagReason.objects.get(slug="too-long")
    assert reason.label == "Too long"
    assert labels()[-1] == "Too long"
    assert curator.post(f"/flags/{reason.pk}/", {"label": "verbose", "description": ""}).status_code == 302
    reason.refresh_from_db()
    assert (reason.slug, reason.label, reason.description) == ("too-long", "verbose", "")
    assert curator.post("/flags/", {"label": "Too-long"}).status_code == 302
    assert FlagReason.objects.filter(slug="too-long-2").exists()


@pytest.mark.parametrize("label", ["", "   ", "UNSAFE", "unsafe", "x" * 61, "a\0b"])
def test_a_bad_name_is_refused(curator: Client, label: str) -> None:
    before = labels()
    assert curator.post("/flags/", {"label": label}).status_code == 400
    reason = FlagReason.objects.get(slug="other")
    assert curator.post(f"/flags/{reason.pk}/", {"label": label}).status_code == 400
    assert labels() == before


@pytest.mark.parametrize("label", ["any", "none", "日本語", "???"])
def test_every_name_gets_a_slug_that_an_address_can_hold(curator: Client, label: str) -> None:
    assert curator.post("/flags/", {"label": label}).status_code == 302
    slug = FlagReason.objects.get(label=label).slug
    assert slug not in {"", "any", "none"}
    assert curator.get("/conversations/", {"flag": slug}).status_code == 200


def test_scripts_in_names_are_text(curator: Client) -> None:
    curator.post("/flags/", {"label": "<script>x</script>", "description": "<script>y</script>"})
    assert "<script>x" not in curator.get("/flags/").content.decode()


def test_reasons_are_ordered_retired_and_brought_back(curator: Client) -> None:
    first, second = FlagReason.objects.all()[:2]
    curator.post(f"/flags/{second.pk}/arrange", {"do": "up"})
    curator.post(f"/flags/{second.pk}/arrange", {"do": "up"})
    assert labels()[:2] == [second.label, first.label]
    curator.post(f"/flags/{second.pk}/arrange", {"do": "retire"})
    assert second.label not in labels()
    assert curator.post(f"/flags/{second.pk}/arrange", {"do": "down"}).status_code == 400
    assert "1 retired" in curator.get("/flags/").content.decode()
    curator.post(f"/flags/{second.pk}/arrange", {"do": "bring-back"})
    assert labels()[-1] == second.label


def test_bad_addresses_and_buttons(curator: Client) -> None:
    reason = FlagReason.objects.all()[0]
    assert curator.post(f"/flags/{reason.pk}/arrange", {"do": "explode"}).status_code == 400
    assert curator.get(f"/flags/{reason.pk}/arrange").status_code == 405
    assert curator.get(f"/flags/{reason.pk}/").status_code == 200
    assert curator.get("/flags/9999/").status_code == 404
    assert curator.delete("/flags/").status_code == 405
