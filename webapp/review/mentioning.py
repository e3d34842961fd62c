"""Who is named in a comment: @username."""

import re

from django.db.models import Q

from webapp.accounts.models import User
from webapp.review.models import Comment, Mention

_NAME = re.compile(r"(?<![\w.@+-])@([\w.@+-]{1,150})")
MOST_NAMES = 50


def names_in(text: str) -> list[str]:
    """The names as written; a name that ends a sentence is given without its full stop, too."""
    found: dict[str, None] = {}
    for name in _NAME.findall(text):
        found |= dict.fromkeys((name, name.rstrip(".@+-")))
    return [name for name in found if name][:MOST_NAMES]


def mention(comment: Comment) -> None:
    """Tell everybody who is named, except the writer."""
    names = names_in(comment.text)
    if not names:
        return
    wanted = Q()
    for name in names:
        wanted |= Q(username__iexact=name)
    people = User.objects.filter(wanted, is_active=True).exclude(pk=comment.created_by_id).order_by("pk")
    Mention.objects.bulk_create([Mention(comment=comment, user=user) for user in people])
