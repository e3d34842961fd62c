"""Every change of accounts: inviting, roles, deactivating, links, passwords.

`by` is the one who does it, None for the command line. Each change is one transaction and one line in the log.
"""

import logging
import secrets

from axes.utils import reset as forget_failed_logins
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from webapp.accounts.links import LIFETIMES, Purpose, hash_of, use_up
from webapp.accounts.models import OneTimeLink, Role, User
from webapp.common.errors import Conflict, NotFound, Unprocessable

logger = logging.getLogger(__name__)


def invite_person(*, role: str, note: str, by: User | None) -> str:
    """Make an invitation; returns its token, which is kept nowhere."""
    return _make_link(purpose=Purpose.INVITE, user=None, role=role, note=note, by=by)


def make_reset_link(*, person: User, by: User | None) -> str:
    """A link on which `person` sets a new password; earlier ones of the same person stop working."""
    if not person.is_active:
        raise Unprocessable(f"{person} is deactivated. Reactivate the account first.")
    with transaction.atomic():
        OneTimeLink.objects.usable().filter(user=person, purpose=Purpose.RESET).update(expires_at=timezone.now())
        return _make_link(purpose=Purpose.RESET, user=person, role=person.role, note="", by=by)


def make_login_link(*, person: User, by: User | None) -> str:
    """A link that logs `person` in once."""
    if not person.is_active:
        raise Unprocessable(f"{person} is deactivated. Reactivate the account first.")
    return _make_link(purpose=Purpose.LOGIN, user=person, role=person.role, note="", by=by)


def _make_link(*, purpose: Purpose, user: User | None, role: str, note: str, by: User | None) -> str:
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        token_hash=hash_of(token),
        purpose=purpose,
        user=user,
        role=role,
        note=note,
        created_by=by,
        expires_at=timezone.now() + LIFETIMES[purpose],
    )
    logger.info("%s made a link: %s for %s", by or "The command line", purpose.label, user or f"a {role}")
    return token


def revoke_link(*, link: OneTimeLink, by: User) -> None:
    """Make an open link useless."""
    if not OneTimeLink.objects.usable().filter(pk=link.pk).update(expires_at=timezone.now()):
        raise Conflict("This link is not open any more, so there is nothing to revoke.")
    logger.info("%s revoked a link: %s", by, link)


def person_to_log_in(username: str) -> User:
    """For a log-in link: the named person, or the first administrator, who is created where there is none."""
    if username:
        named = User.objects.filter(username=username).first()
        if named is None:
            raise NotFound(f"There is nobody named {username!r}.")
        return named
    first = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").first()
    return first or create_user(username=_free_name("admin"), role=Role.ADMIN, by=None)


def _free_name(wanted: str) -> str:
    taken = set(User.objects.filter(username__istartswith=wanted).values_list("username", flat=True))
    taken = {name.lower() for name in taken}
    numbered = (f"{wanted}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (wanted, *numbered) if name not in taken)


def create_user(*, username: str, role: str, by: User | None, name: str = "", password: str | None = None) -> User:
    """A new account; without a password it can only be entered by link. Raises Unprocessable."""
    person = User(username=username, role=role, first_name=name)
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise Unprocessable(" ".join(error.messages)) from error
    if User.name_is_taken(username):
        raise Unprocessable(f"Somebody is already named {username}. Choose another user name.")
    person.set_password(password)
    person.save()
    logger.info("%s created %s as %s", by or "The command line", person, role)
    return person


@transaction.atomic
def accept_invitation(*, link: OneTimeLink, username: str, name: str, password: str) -> User:
    """Use an invitation up: the account gets the role that it names."""
    use_up(link)
    return create_user(username=username, role=link.role, by=link.created_by, name=name, password=password)


@transaction.atomic
def use_login_link(*, link: OneTimeLink) -> User:
    """Use a log-in link up; returns who may log in."""
    use_up(link)
    return _person_of(link)


@transaction.atomic
def reset_password(*, link: OneTimeLink, password: str) -> User:
    """Use a link for a new password up."""
    use_up(link)
    person = _person_of(link)
    set_password(person=person, password=password)
    return person


def _person_of(link: OneTimeLink) -> User:
    if link.user is None:
        raise NotFound("The account of this link does not exist any more.")
    return link.user


def set_password(*, person: User, password: str) -> None:
    """A new password ends the person's sessions elsewhere and any lock after wrong ones."""
    person.set_password(password)
    person.save(update_fields=["password"])
    forget_failed_logins(username=person.username)
    logger.info("%s has a new password", person)


def rename_person(*, person: User, name: str) -> None:
    """Change the name that stands beside the user name."""
    person.first_name = name
    person.save(update_fields=["first_name"])


@transaction.atomic
def change_role(*, person: User, role: str, by: User) -> None:
    """Works from the person's next request on. Links that an administrator made end with the role."""
    if role != Role.ADMIN:
        _keep_an_administrator(person)
        _end_links(OneTimeLink.objects.filter(created_by=person))
    User.objects.filter(pk=person.pk).update(role=role)
    logger.info("%s changed the role of %s from %s to %s", by, person, person.role, role)
    person.role = role


@transaction.atomic
def deactivate_person(*, person: User, by: User) -> None:
    """Lock somebody out; what they did stays under their name. Open links for them, and made by them, stop working."""
    _keep_an_administrator(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    _end_links(OneTimeLink.objects.filter(Q(user=person) | Q(created_by=person)))
    logger.info("%s deactivated %s", by, person)
    person.is_active = False


def _end_links(links: QuerySet[OneTimeLink]) -> None:
    """Otherwise somebody who lost the role could come back by an invitation of their own."""
    now = timezone.now()
    links.filter(used_at=None, expires_at__gt=now).update(expires_at=now)


def reactivate_person(*, person: User, by: User) -> None:
    """Let somebody in again, with the role and the password they had."""
    User.objects.filter(pk=person.pk).update(is_active=True)
    logger.info("%s reactivated %s", by, person)
    person.is_active = True


def _keep_an_administrator(person: User) -> None:
    """Raises Unprocessable for the last one. The rows are locked, so that two cannot remove each other at once."""
    active = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
    if [admin.pk for admin in active] == [person.pk]:
        raise Unprocessable(f"{person} is the last administrator. Make somebody else an administrator first.")
