"""From the items of a run into the review: their conversations are flagged, as a bulk change."""

from webapp.accounts.models import User
from webapp.common.errors import BadRequest
from webapp.common.models import Job
from webapp.conversations.actions.bulk import MOST_IDS, count_bulk
from webapp.conversations.filters import ConversationFilter
from webapp.evals.answer_filter import answer_value
from webapp.evals.items import WAITING, ItemFilter
from webapp.evals.models import EvalRun

#: What a filter of conversations can say, too; for anything else the conversations are named one by one.
SAID_BY_FILTER = {"outcome", "subject"}


def send_to_review(*, run: EvalRun, items: ItemFilter, reason: str, note: str, by: User | None) -> Job:
    """Queue the count of the conversations that would be flagged (`reason` is a slug); see `start_bulk`.

    Raises BadRequest for items without an outcome, for an unknown reason, and for too many that have to be named.
    """
    if items.outcome in {"", WAITING}:
        raise BadRequest("Choose an outcome first: wrong, no answer, cut off, error or right.")
    chosen = ConversationFilter(answer=answer_value(run, items.outcome), subject=items.subject)
    ids = None if {name for name, _ in items.parts()} <= SAID_BY_FILTER else _named(run, items)
    return count_bulk(action="flag", ids=ids, chosen=chosen.to_dict(), by=by, reason=reason, note=note)


def _named(run: EvalRun, items: ItemFilter) -> list[int]:
    rows = items.apply(run).order_by("conversation_id").values_list("conversation_id", flat=True).distinct()
    ids = list(rows[: MOST_IDS + 1])
    if len(ids) > MOST_IDS:
        raise BadRequest(
            f"More than {MOST_IDS:,} conversations are too many to flag by task, kind or sample. "
            "Take these filters off, or narrow by subject."
        )
    if not ids:
        raise BadRequest("There is nothing to flag: no item passes these filters.")
    return ids
