"""What sources hold, from the tallies: for their list, their pages, and the question before a deletion."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from webapp.common.plots import Share
from webapp.conversations.models import FlagTally, Source, Status, Tally
from webapp.conversations.shares import status_shares


@dataclass
class SourceCounts:
    """The numbers of one source."""

    source: Source
    by_status: dict[int, int] = field(default_factory=dict)
    flagged: int = 0
    with_issue: int = 0
    edited: int = 0

    def add(self, tally: Tally) -> None:
        """Count one status."""
        self.by_status[tally.status] = tally.total
        self.flagged += tally.flagged
        self.with_issue += tally.with_issue
        self.edited += tally.edited

    @property
    def total(self) -> int:
        """All conversations."""
        return sum(self.by_status.values())

    @property
    def decided(self) -> int:
        """Conversations with a decision."""
        return self.total - self.by_status.get(Status.UNREVIEWED, 0)

    def shares(self) -> list[Share]:
        """By status, for a bar."""
        return status_shares(self.by_status, source=self.source.pk)

    def flags(self) -> list[FlagTally]:
        """Conversations by the reason of their open flags, the most frequent first."""
        tallies = FlagTally.objects.filter(source=self.source, total__gt=0)
        return list(tallies.select_related("reason").order_by("-total", "reason__position"))


def count_sources(sources: Iterable[Source]) -> list[SourceCounts]:
    """The numbers of several sources, in their order, with one query."""
    rows = {source.pk: SourceCounts(source) for source in sources}
    for tally in Tally.objects.filter(source__in=rows):
        rows[tally.source_id].add(tally)
    return list(rows.values())


def count_source(source: Source) -> SourceCounts:
    """The numbers of one source."""
    return count_sources([source])[0]
