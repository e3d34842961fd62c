"""What a reviewer sets for the review screen."""

from collections.abc import Mapping

from django.db import transaction

from webapp.accounts.models import User
from webapp.review.keys import default_keys
from webapp.review.models import ReviewSettings


@transaction.atomic
def change_keys(*, user: User, keys: Mapping[str, str]) -> None:
    """Keep the keys that differ from those at first; with none, all are as at first. They have been checked."""
    defaults = default_keys()
    chosen = {name: key for name, key in keys.items() if defaults.get(name) not in {None, key}}
    ReviewSettings.objects.update_or_create(user=user, defaults={"keys": chosen})
