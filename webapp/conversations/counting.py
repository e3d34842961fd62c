"""How many conversations a filter finds: from the counts that are kept, or counted up to a limit, never COUNT(*)."""

from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from webapp.common.templatetags.winnow import number
from webapp.conversations.filters import ANY, NONE, ConversationFilter
from webapp.conversations.models import FlagTally, SubjectTally, Tally

#: Where counting one by one ends.
COUNT_LIMIT = 1_000


@dataclass(frozen=True)
class Count:
    """A number, and whether there may be more."""

    number: int
    exact: bool = True

    def __str__(self) -> str:
        if self.exact:
            return number(self.number)
        return f"{number(self.number)}+" if self.number >= COUNT_LIMIT else f"{number(self.number)} so far"

    @property
    def words(self) -> str:
        """The count with its noun: "1 conversation", "1,000+ conversations", "12 conversations so far"."""
        noun = "conversation" if self.number == 1 else "conversations"
        text = str(self)
        return text.replace(" so far", f" {noun} so far") if "so far" in text else f"{text} {noun}"


def kept_count(live: ConversationFilter | None) -> int | None:
    """The exact number for a filter that `live_part` gave, where the kept counts know it; otherwise None."""
    if live is None:
        return 0
    more = {name for name, _ in live.parts()} - {"source", "status"}
    if more <= {"flag"} and live.flag in {"", ANY, NONE}:
        return _tallied(live, "flagged", live.flag)
    if more == {"issue"} and live.issue in {ANY, NONE}:
        return _tallied(live, "with_issue", live.issue)
    if more == {"edited"}:
        return _tallied(live, "edited", ANY if live.edited else NONE)
    if more == {"flag"} and not live.status:
        return _summed(FlagTally.objects.filter(reason__slug=live.flag), live)
    if more == {"subject"} and not live.status:
        return _summed(SubjectTally.objects.filter(subject=live.subject), live)
    return None


def _tallied(live: ConversationFilter, column: str, which: str) -> int:
    """`which`: "" for all rows, ANY for those that the column counts, NONE for the others."""
    rows = Tally.objects.all()
    if live.source:
        rows = rows.filter(source__in=live.source)
    if live.status:
        rows = rows.filter(status__in=live.statuses())
    sums = rows.aggregate(every=Sum("total", default=0), some=Sum(column, default=0))
    every, some = int(sums["every"]), int(sums["some"])
    return {"": every, ANY: some, NONE: every - some}[which]


def _summed(rows: QuerySet[FlagTally] | QuerySet[SubjectTally], live: ConversationFilter) -> int:
    if live.source:
        rows = rows.filter(source__in=live.source)
    return int(rows.aggregate(total=Sum("total", default=0))["total"])
