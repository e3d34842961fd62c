"""What a reader must not see yet of what others did. Later apps register who has to decide first on their own."""

from collections.abc import Callable
from datetime import datetime

from webapp.accounts.models import User

#: The reader and the conversation -> since when the marks of others are hidden; None: they are not.
HiddenSince = Callable[[User, int], datetime | None]

_rules: list[HiddenSince] = []


def register_hiding(rule: HiddenSince) -> None:
    """Ask `rule` about every conversation that is shown."""
    _rules.append(rule)


def hidden_from(user: User, conversation_id: int) -> datetime | None:
    """The earliest moment that any rule gives."""
    moments = [moment for rule in _rules if (moment := rule(user, conversation_id)) is not None]
    return min(moments, default=None)
