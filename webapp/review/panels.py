"""What stands beside a conversation: the verdicts of its reviewers, and the comments."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from webapp.accounts.models import User
from webapp.conversations.panels import Panel, PanelData, register_panel
from webapp.conversations.showing import ShownConversation
from webapp.review import comments
from webapp.review.agreeing import DONE_STATES
from webapp.review.blinding import hidden_since
from webapp.review.disagreements import Disagreement, standing_by_item
from webapp.review.models import QueueItem

#: A conversation of more turns is commented by the number of a turn, typed in, not by a list of them.
MOST_LISTED_TURNS = 50


def read_together(several: Sequence[ShownConversation]) -> None:
    """Read what these panels show of several conversations, all for one user, with as few queries as for one."""
    if not several:
        return
    user, ids = several[0].user, [shown.conversation.pk for shown in several]
    said, told = verdicts_of(user, ids), comments.visible_comments(user, ids)
    people = comments.people_for(several[0])
    for shown in several:
        pk = shown.conversation.pk
        for name, found in (("verdicts", said.get(pk, [])), ("comments", told.get(pk, [])), ("people", people)):
            shown.give(name, found)


def verdicts_of(user: User, conversation_ids: Collection[int]) -> Mapping[int, list[Disagreement]]:
    """What each reviewer said in queues where several decide, of items that are done or wait for adjudication."""
    rows = QueueItem.objects.filter(conversation__in=conversation_ids, state__in=DONE_STATES, queue__overlap__gt=1)
    items = list(rows.select_related("queue").order_by("-pk"))
    hidden = hidden_since(user, {item.conversation_id for item in items}) if items else {}
    verdicts = standing_by_item(items) if items else {}
    found: dict[int, list[Disagreement]] = defaultdict(list)
    for item in items:
        if item.conversation_id not in hidden:
            found[item.conversation_id].append(Disagreement(item, verdicts[item.pk]))
    return found


def _verdicts(shown: ShownConversation) -> PanelData | None:
    pk = shown.conversation.pk
    items = shown.once("verdicts", lambda: verdicts_of(shown.user, [pk]).get(pk, []))
    return {"items": items} if items else None


def _comments(shown: ShownConversation) -> PanelData | None:
    found = comments.comments_of(shown)
    if not found and not shown.may_review():
        return None
    listed = shown.conversation.turns <= MOST_LISTED_TURNS
    return {
        "open": comments.show([one for one in found if one.resolved_at is None]),
        "resolved": comments.show([one for one in found if one.resolved_at is not None]),
        "turns": range(1, shown.conversation.turns + 1) if listed else None,
        "people": comments.people_for(shown),
        "longest": comments.LONGEST,
    }


register_panel(Panel("verdicts", "Verdicts", "review/panels/verdicts.html", _verdicts, 8))
register_panel(Panel("comments", "Comments", "review/panels/comments.html", _comments, 15))
