"""The reasons that a conversation can be flagged with: add, change, order, retire, bring back."""

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from webapp.accounts.models import User
from webapp.common.errors import Conflict
from webapp.conversations.models import FlagReason


@transaction.atomic
def add_reason(*, label: str, description: str, by: User | None) -> FlagReason:
    """Add a reason at the end. Raises Conflict for a name that is taken."""
    _check_free(label)
    last = FlagReason.objects.aggregate(last=Max("position"))["last"] or 0
    return FlagReason.objects.create(slug=_free_slug(label), label=label, description=description, position=last + 1)


@transaction.atomic
def change_reason(*, reason: FlagReason, label: str, description: str, by: User | None) -> None:
    """Rename and describe a reason; its slug, which addresses and recipes use, stays. Raises Conflict."""
    _check_free(label, apart_from=reason)
    FlagReason.objects.filter(pk=reason.pk).update(label=label, description=description)


@transaction.atomic
def move_reason(*, reason: FlagReason, up: bool, by: User | None) -> None:
    """Change places with the active reason before or after it; the first nine have the keys 1 to 9."""
    ordered = list(FlagReason.objects.select_for_update().filter(active=True))
    place = ordered.index(reason)
    other = place - 1 if up else place + 1
    if 0 <= other < len(ordered):
        ordered[place], ordered[other] = ordered[other], ordered[place]
    for position, moved in enumerate(ordered, start=1):
        FlagReason.objects.filter(pk=moved.pk).update(position=position)


@transaction.atomic
def retire_reason(*, reason: FlagReason, by: User | None) -> None:
    """Offer a reason no more. Flags that have it keep it."""
    FlagReason.objects.filter(pk=reason.pk).update(active=False)


@transaction.atomic
def bring_back_reason(*, reason: FlagReason, by: User | None) -> None:
    """Offer a retired reason again, at the end."""
    last = FlagReason.objects.aggregate(last=Max("position"))["last"] or 0
    FlagReason.objects.filter(pk=reason.pk).update(active=True, position=last + 1)


def _check_free(label: str, apart_from: FlagReason | None = None) -> None:
    same = FlagReason.objects.filter(label__iexact=label).first()
    if same is not None and same != apart_from:
        raise Conflict(f"There is a reason called “{label}” already.")


def _free_slug(label: str) -> str:
    base = slugify(label)[:34] or "reason"
    # These two mean something else in the filter of the list.
    taken = {"any", "none", *FlagReason.objects.filter(slug__startswith=base).values_list("slug", flat=True)}
    return next(slug for number in range(1, len(taken) + 2) if (slug := _numbered(base, number)) not in taken)


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"
