"""Why an item is in its queue, in words."""

from collections.abc import Sequence

from webapp.review.models import QueueItem


def words_for(items: Sequence[QueueItem]) -> dict[int, list[str]]:
    """By the id of the item."""
    return {item.pk: [code.replace("_", " ") for code in item.reasons.split(",") if code] for item in items}
