"""One-time links: their tokens, how long they work, where they lead."""

import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone

from webapp.accounts.models import OneTimeLink
from webapp.common.errors import NotFound, Unprocessable

Purpose = OneTimeLink.Purpose

# Set in a session that began with a log-in link: its owner may have no password, or have forgotten it.
BY_LINK = "logged_in_by_link"

LIFETIMES = {Purpose.LOGIN: timedelta(days=1), Purpose.INVITE: timedelta(days=7), Purpose.RESET: timedelta(days=7)}
PAGES = {
    Purpose.LOGIN: "accounts:use_login",
    Purpose.INVITE: "accounts:use_invite",
    Purpose.RESET: "accounts:use_reset",
}


class LinkEnded(NotFound):
    """The link was used, revoked, has expired, or never existed: all look the same from outside."""

    status = 410
    title = "This link does not work any more"


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def path_of(purpose: str, token: str) -> str:
    """The address that a token leads to, without the site."""
    return reverse(PAGES[Purpose(purpose)], args=[token])


def find_link(token: str, purpose: str) -> OneTimeLink:
    """The link of a token while it works; raises LinkEnded."""
    link = OneTimeLink.objects.usable().select_related("user", "created_by")
    found = link.filter(token_hash=hash_of(token), purpose=purpose).first()
    if found is None:
        raise LinkEnded("It was used, revoked, or has expired. Ask an administrator for a new one.")
    return found


def use_up(link: OneTimeLink) -> None:
    """Mark a link as used, in the transaction of what it does; of two at once only one gets through."""
    now = timezone.now()
    if not OneTimeLink.objects.usable().filter(pk=link.pk).update(used_at=now):
        raise LinkEnded("It was used a moment ago. Ask an administrator for a new one.")


def site_address(text: str) -> str:
    """Where people reach Winnow, without a slash at the end; raises Unprocessable."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Unprocessable(f"The address must look like https://winnow.example.org, not {text!r}.")
    return text.rstrip("/")
