"""Keys of endpoints: what may be one, and that the database holds nothing to read them with."""

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from webapp.common.errors import Unprocessable, WinnowError
from webapp.evals.keys import check_key, decrypt, encrypt

pytestmark = pytest.mark.once
KEY = "sk-proj-0123456789abcdef"


def test_a_key_comes_back_and_cannot_be_read_meanwhile() -> None:
    stored = encrypt(KEY)
    assert KEY not in stored
    assert decrypt(stored) == KEY
    assert encrypt(KEY) != stored


def test_no_key_is_stored_as_nothing() -> None:
    assert (encrypt(""), decrypt("")) == ("", "")


def test_another_key_of_the_installation_says_what_to_do(settings: Settings) -> None:
    stored = encrypt(KEY)
    settings.ENDPOINT_KEY = Fernet.generate_key().decode()
    with pytest.raises(Unprocessable, match="Enter the key of the endpoint again"):
        decrypt(stored)


def test_what_was_changed_in_the_database_is_refused() -> None:
    stored = encrypt(KEY)
    with pytest.raises(Unprocessable):
        decrypt(stored[:-4] + "AAA=")


@pytest.mark.parametrize("key", ["a", KEY, f"  {KEY} ", "x" * 4000, "with space inside"])
def test_what_may_be_a_key(key: str) -> None:
    assert check_key(key) == key.strip()


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("secret\nHost: evil", "line break"),
        ("secret\r", "line break"),
        ("secret\t", "cannot be sent"),
        ("\0secret", "cannot be sent"),
        ("secret\x7f", "cannot be sent"),
        ("s€cret", "cannot be sent"),
        ("sécret", "cannot be sent"),
        ("secret•••", "cannot be sent"),
        ("x" * 4001, "4,001"),
    ],
)
def test_what_cannot_be_a_key_is_refused_without_repeating_it(key: str, reason: str) -> None:
    with pytest.raises(WinnowError, match=reason) as refused:
        check_key(key)
    assert "secret" not in str(refused.value)
