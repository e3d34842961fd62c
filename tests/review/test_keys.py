"""The keys of the review screen: how they are written, what is refused, and what each reviewer has chosen."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_user
from webapp.accounts.models import Role
from webapp.review.keys import COMMANDS, RefusedKey, check_keys, default_keys, keys_of, read_key, show_key
from webapp.review.models import ReviewSettings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("a", "a"),
        ("A", "Shift+a"),
        ("shift + O", "Shift+o"),
        ("←", "ArrowLeft"),
        ("left", "ArrowLeft"),
        ("ctrl+enter", "Ctrl+Enter"),
        ("d d", "d d"),
        ("?", "?"),
        ("+", "+"),
        ("ü", "ü"),
    ],
)
def test_a_key_has_one_spelling(typed: str, key: str) -> None:
    assert read_key(typed) == key


@pytest.mark.parametrize("typed", ["abc", "d x", "Hyper+a", "Shift+"])
def test_what_is_no_key_is_refused(typed: str) -> None:
    with pytest.raises(RefusedKey):
        read_key(typed)


def test_the_keys_at_first_are_in_order() -> None:
    assert check_keys(default_keys()) == {}
    assert all(read_key(command.key) == command.key for command in COMMANDS)
    assert show_key("Shift+o") == "Shift + o"


@pytest.mark.parametrize(
    ("command", "key", "words"),
    [
        ("reject", "a", "approve"),
        ("skip", "d", "skip"),
        ("skip", "Enter", "edit the turn"),
        ("undo", "7", "digits"),
        ("undo", "Space", "browser"),
        ("undo", "Alt+z", "Alt"),
        ("undo", "Ctrl+z", "Ctrl"),
        ("save", "y", "needs Ctrl"),
        ("save", "Ctrl+w", "browser"),
    ],
)
def test_collisions_and_keys_of_the_browser_are_refused(command: str, key: str, words: str) -> None:
    problems = check_keys(default_keys() | {command: key})
    assert words in " ".join(problems.values())


def test_only_what_differs_is_kept_and_the_defaults_come_back(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    address = reverse("review:keys")
    assert client.post(address, default_keys() | {"approve": "y", "skip": ""}).status_code == 302
    assert ReviewSettings.objects.get(user=user).keys == {"approve": "y"}
    assert keys_of(user)["approve"] == "y"
    assert client.post(address, {"do": "defaults"}).status_code == 302
    assert keys_of(user) == default_keys()


def test_a_refused_key_changes_nothing_and_says_why(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    answer = client.post(reverse("review:keys"), default_keys() | {"reject": "a"})
    assert answer.status_code == 400
    assert "already" in answer.content.decode()
    assert keys_of(user) == default_keys()


def test_a_key_that_two_presses_begin_with_is_named_as_it_is() -> None:
    problems = check_keys(default_keys() | {"approve": "d"})
    assert problems == {"delete_turn": "d does “approve, and go on” already, so that d d would do it, too."}


def test_readers_have_no_keys(client: Client) -> None:
    client.force_login(make_user(Role.VIEWER))
    assert client.get(reverse("review:keys")).status_code == 403


def test_keys_that_do_not_fit_any_more_are_left_out() -> None:
    user = make_user()
    ReviewSettings.objects.create(user=user, keys={"approve": "x", "unheard-of": "q"})
    assert keys_of(user) == default_keys()
