"""What reviewers of a queue did not agree about: the items, who said what, and what became of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from webapp.accounts.models import User
from webapp.review.models import Queue, QueueItem, Verdict

PAGE_ROWS = 50
State = QueueItem.State


@dataclass(frozen=True)
class Disagreement:
    """An item whose reviewers said different things; `verdicts` in the order in which they were given."""

    item: QueueItem
    verdicts: Sequence[Verdict]

    @property
    def is_about_text(self) -> bool:
        """All said the same, but not about the same text."""
        return len({verdict.status for verdict in self.verdicts}) == 1

    @property
    def is_settled(self) -> bool:
        return self.item.state == State.ADJUDICATED


@dataclass(frozen=True)
class DisagreementPage:
    """Some disagreements; `following` is the id of an item behind which the next page begins."""

    rows: Sequence[Disagreement]
    following: int | None


@dataclass(frozen=True)
class Wanted:
    """Which ones: of all reviewers or where these two differ; open, settled, or both ("")."""

    pair: tuple[int, int] | None = None
    state: str = ""

    def states(self) -> Sequence[State]:
        by_word = {"open": (State.DISAGREED,), "settled": (State.ADJUDICATED,)}
        return by_word.get(self.state, (State.DISAGREED, State.ADJUDICATED))


def page_of(queue: Queue, wanted: Wanted, after: int = 0, limit: int = PAGE_ROWS) -> DisagreementPage:
    """The disagreements behind an item, in the order in which the items were found."""
    found = items(queue, wanted).filter(pk__gt=after).order_by("pk")
    rows = list(found.select_related("conversation__source", "queue")[: limit + 1])
    shown = rows[:limit]
    verdicts = standing_by_item(shown)
    following = shown[-1].pk if len(rows) > limit else None
    return DisagreementPage([Disagreement(item, verdicts[item.pk]) for item in shown], following)


def items(queue: Queue, wanted: Wanted) -> QuerySet[QueueItem]:
    """The items that reviewers do not agree about, those in the trash left out."""
    rows = QueueItem.objects.filter(
        queue=queue, state__in=wanted.states(), conversation__source__deleted_at__isnull=True
    )
    if wanted.pair is None:
        return rows
    first, second = (Verdict.objects.standing().filter(reviewer=reviewer) for reviewer in wanted.pair)
    other = second.filter(item=OuterRef("item")).exclude(status=OuterRef("status"))
    return rows.filter(Exists(first.filter(Exists(other), item=OuterRef("pk"))))


def standing_by_item(items: Iterable[QueueItem]) -> dict[int, list[Verdict]]:
    """The verdicts that stand of several items, in one query."""
    by_item: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in Verdict.objects.standing().filter(item__in=items).select_related("reviewer").order_by("pk"):
        by_item[verdict.item_id].append(verdict)
    return by_item


def adjudication_of(queue: Queue) -> Queue | None:
    """The queue in which what they disagree about is decided; None before the first disagreement."""
    return queue.adjudications.live().order_by("pk").first()


def reviewers_of(queue: Queue) -> list[User]:
    """Who has said anything about an item on which reviewers disagree."""
    apart = QueueItem.objects.filter(queue=queue, state__in=Wanted().states())
    said = Verdict.objects.standing().filter(item__in=apart).values("reviewer")
    return list(User.objects.filter(pk__in=said).order_by("username"))
