"""Where an item stands in its queue: by order, as one number that both databases sort alike."""

from webapp.review.facts import Facts
from webapp.review.models import Queue

_WHOLE = 2**64 - 1
_HALF = 2**63
#: Ids stay below this, so that what weighs more comes first, and of the same weight the older one.
_STEP = 2**42
_HEAVIEST = 2**20


def shuffled(seed: int, number: int) -> int:
    """A number from -2**63 below 2**63 that looks random and is always the same for a seed and an id.

    For one seed no two ids get the same: the steps of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom
    number generators", 2014) can each be turned back. So an order needs neither a table nor the other ids.
    """
    return _mixed(number ^ _mixed(seed + 0x9E3779B97F4A7C15)) - _HALF


def _mixed(number: int) -> int:
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _WHOLE
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _WHOLE
    return number ^ (number >> 31)


def rank_of(order: str, seed: int, conversation_id: int, facts: Facts) -> int:
    """The rank of a conversation in a queue with this order: the lowest comes first."""
    if order == Queue.Order.RANDOM:
        return shuffled(seed, conversation_id)
    return conversation_id - min(_weight(order, facts), _HEAVIEST) * _STEP


def _weight(order: str, facts: Facts) -> int:
    """What weighs more comes earlier; people who disagree come before models that do."""
    if order == Queue.Order.FAILURES:
        return len(facts.failed)
    if order == Queue.Order.DISAGREEMENT:
        return 2 * facts.disagreed + facts.models_differ
    return facts.open_flags if order == Queue.Order.FLAGGED else 0
