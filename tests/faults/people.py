"""Fills a new installation with people who are logged in: `python -m tests.faults.people` prints their session keys."""

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402 (needs Django set up)
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from webapp.accounts.models import Role, User  # noqa: E402

PEOPLE = {"alma": Role.ADMIN, "cleo": Role.CURATOR, "rosa": Role.REVIEWER, "rolf": Role.REVIEWER}


def log_in(name: str, role: Role) -> str:
    """Create somebody and return the key of their session."""
    user = User.objects.create(username=name, role=role)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    print(json.dumps({name: log_in(name, role) for name, role in PEOPLE.items()}))
