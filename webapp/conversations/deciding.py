"""Where a conversation should be decided instead of on its page. Later apps register who decides elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.accounts.models import User


@dataclass(frozen=True)
class Elsewhere:
    """A place where the reader is to decide: why in a sentence, and its address."""

    words: str
    address: str
    # A decision on the page is refused, not only warned of.
    refuses: bool


#: The reader and the conversation -> where they decide about it; None: on its page.
DecidedWhere = Callable[[User, int], Elsewhere | None]

_rules: list[DecidedWhere] = []


def register_elsewhere(rule: DecidedWhere) -> None:
    """Ask `rule` about every conversation that somebody may decide about."""
    _rules.append(rule)


def elsewhere_for(user: User, conversation_id: int) -> Elsewhere | None:
    """The first place that any rule names; one that refuses before one that warns."""
    if not user.may_review():
        return None
    found = [place for rule in _rules if (place := rule(user, conversation_id)) is not None]
    return min(found, key=lambda place: not place.refuses, default=None)
