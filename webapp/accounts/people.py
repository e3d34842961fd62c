"""What the page of people shows."""

from typing import Any

from webapp.accounts.models import OneTimeLink, Role, User
from webapp.common.errors import NotFound


def get_person(person_id: int) -> User:
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise NotFound("There is no such person.")
    return person


def get_link(link_id: int) -> OneTimeLink:
    link = OneTimeLink.objects.filter(pk=link_id).first()
    if link is None:
        raise NotFound("There is no such link.")
    return link


def people_context() -> dict[str, Any]:
    """Everybody, active ones first, and the links that still work. A team is small: no pages."""
    people = list(User.objects.order_by("-is_active", "username"))
    admins = [person.pk for person in people if person.is_admin()]
    return {
        "people": people,
        "last_admin": admins[0] if len(admins) == 1 else None,
        "links": OneTimeLink.objects.usable().select_related("user", "created_by").order_by("-pk"),
        "roles": Role.choices,
    }
