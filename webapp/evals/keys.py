"""The keys of endpoints: what may be one, and how it is kept.

What is stored is encrypted with a key from the settings (ENDPOINT_KEY), which is never in the database: a copy of the
database alone opens no account.
"""

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from webapp.common.errors import BadRequest, Unprocessable
from webapp.evals.addresses import check_key as check_sendable

LONGEST_KEY = 4_000
KEY_CHANGED = (
    "The stored key of the endpoint cannot be read any more, because Winnow's ENDPOINT_KEY is not the one that it was "
    "stored with. Enter the key of the endpoint again, or bring the old ENDPOINT_KEY back."
)


def check_key(key: str) -> str:
    """The key without spaces around it, as a header can carry it. Raises a WinnowError, which does not repeat it."""
    key = key.strip(" ")
    if len(key) > LONGEST_KEY:
        raise BadRequest(f"A key has at most {LONGEST_KEY:,} characters; this one has {len(key):,}.")
    return check_sendable(key)


def encrypt(text: str) -> str:
    """What may be stored of a key: "" of ""; the same key is another text each time."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def decrypt(stored: str) -> str:
    """The key that `encrypt` was given. Raises Unprocessable when ENDPOINT_KEY has changed since."""
    if not stored:
        return ""
    try:
        return _cipher().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise Unprocessable(KEY_CHANGED) from error


def _cipher() -> Fernet:
    return Fernet(settings.ENDPOINT_KEY)
