"""What stands beside a conversation: the verdicts of its reviewers, and the comments."""

from webapp.conversations.panels import Panel, PanelData, register_panel
from webapp.conversations.showing import ShownConversation
from webapp.review import comments
from webapp.review.agreeing import DONE_STATES
from webapp.review.blinding import is_hidden
from webapp.review.disagreements import Disagreement, standing_by_item
from webapp.review.models import QueueItem

#: A conversation of more turns is commented by the number of a turn, typed in, not by a list of them.
MOST_LISTED_TURNS = 50


def _verdicts(shown: ShownConversation) -> PanelData | None:
    """What each reviewer said in queues where several decide, of items that are done or wait for adjudication."""
    rows = QueueItem.objects.filter(conversation=shown.conversation, state__in=DONE_STATES, queue__overlap__gt=1)
    items = list(rows.select_related("queue").order_by("-pk"))
    if not items or is_hidden(shown.user, shown.conversation.pk):
        return None
    verdicts = standing_by_item(items)
    return {"items": [Disagreement(item, verdicts[item.pk]) for item in items]}


def _comments(shown: ShownConversation) -> PanelData | None:
    found = comments.comments_of(shown)
    if not found and not shown.may_review():
        return None
    listed = shown.conversation.turns <= MOST_LISTED_TURNS
    return {
        "open": comments.show([one for one in found if one.resolved_at is None]),
        "resolved": comments.show([one for one in found if one.resolved_at is not None]),
        "turns": range(1, shown.conversation.turns + 1) if listed else None,
        "people": comments.mentionable().values_list("username", flat=True),
        "longest": comments.LONGEST,
    }


register_panel(Panel("verdicts", "Verdicts", "review/panels/verdicts.html", _verdicts, 25))
register_panel(Panel("comments", "Comments", "review/panels/comments.html", _comments, 15))
