"""How far the reviewers of a queue agree: what `agreement` says about the verdicts that stand.

The database counts items by the pattern of their verdicts ("3:1,5:2": reviewer 3 approved, reviewer 5 rejected), so
that what is read grows with the number of reviewers, not with that of verdicts. Only items that are done count.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

from django.core.cache import cache
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from webapp.conversations.models import Status
from webapp.review.agreement import Figure, Kind, cohens_kappa, krippendorffs_alpha, raw_agreement
from webapp.review.models import Queue, QueueItem, Step, Verdict

#: What a verdict can be, in the order of the tables.
CATEGORIES = (Status.APPROVED, Status.REJECTED, Status.SKIPPED)
#: States of items that count, and may be shown: all who were asked have decided.
DONE_STATES = (QueueItem.State.AGREED, QueueItem.State.DISAGREED, QueueItem.State.ADJUDICATED)
#: A queue up to this size is counted anew whenever something changed; a larger one once in so many seconds.
SMALL_QUEUE = 5_000
LARGE_SECONDS = 60
KEPT_SECONDS = 600

#: (reviewer, status) of each verdict of an item, by reviewer.
Pattern = tuple[tuple[int, int], ...]
_Agreement = tuple["Agreement", str]


class Cell(NamedTuple):
    """So many items got these two verdicts."""

    first: Status
    second: Status
    items: int

    @property
    def alike(self) -> bool:
        return self.first == self.second


@dataclass(frozen=True)
class PairAgreement:
    """Two reviewers and the items that both have decided; `confusion` by (verdict of first, verdict of second)."""

    first: int
    second: int
    confusion: Counter[tuple[int, int]]

    @property
    def items(self) -> int:
        return self.confusion.total()

    @property
    def alike(self) -> int:
        return sum(count for (first, second), count in self.confusion.items() if first == second)

    @property
    def apart(self) -> int:
        return self.items - self.alike

    @cached_property
    def raw(self) -> Figure:
        return raw_agreement(self.alike, self.items)

    @cached_property
    def kappa(self) -> Figure:
        return cohens_kappa(self.confusion)

    def rows(self) -> list[list[Cell]]:
        """The table of both verdicts, a row for each verdict of the first."""
        return [[Cell(a, b, self.confusion[a, b]) for b in CATEGORIES] for a in CATEGORIES]


@dataclass(frozen=True)
class Agreement:
    """What is said of a queue. `alike`: items on which all verdicts are the same, of `items` with two or more."""

    items: int
    alike: int
    verdicts: int
    raw: Figure
    alpha: Figure
    pairs: list[PairAgreement]
    # How often two verdicts on one item fell so, whoever gave them.
    apart: list[Cell]
    counted_at: datetime

    def pair(self, first: int, second: int) -> PairAgreement | None:
        return next((pair for pair in self.pairs if {pair.first, pair.second} == {first, second}), None)


def agreement_of(queue: Queue) -> Agreement:
    """Counted anew where a verdict may have come or gone since, and for a large queue at most once a minute.

    100,000 verdicts take about a third of a second to count, so what was counted is kept by each process.
    """
    key, now = f"review-agreement:{queue.pk}", _as_it_is(queue)
    kept: _Agreement | None = cache.get(key)
    if kept is not None and (kept[1] == now or _is_fresh(queue, kept[0])):
        return kept[0]
    found = summarise(patterns_of(queue), seed=f"alpha {queue.pk}")
    cache.set(key, (found, now), KEPT_SECONDS)
    return found


def summarise(patterns: Counter[Pattern], *, seed: str) -> Agreement:
    """All figures from the patterns of verdicts."""
    shared = Counter({pattern: count for pattern, count in patterns.items() if len(pattern) > 1})
    alike = sum(count for pattern, count in shared.items() if len({status for _, status in pattern}) == 1)
    return Agreement(
        items=shared.total(),
        alike=alike,
        verdicts=sum(len(pattern) * count for pattern, count in shared.items()),
        raw=raw_agreement(alike, shared.total()),
        alpha=krippendorffs_alpha(_kinds(shared), seed=seed),
        pairs=_pairs(shared),
        apart=_apart(shared),
        counted_at=timezone.now(),
    )


def patterns_of(queue: Queue) -> Counter[Pattern]:
    """How many items that are done have which verdicts."""
    joined = "STRING_AGG(said, ',')" if connection.vendor == "postgresql" else "GROUP_CONCAT(said)"
    states = ", ".join(str(int(state)) for state in DONE_STATES)
    statement = (
        f"SELECT pattern, COUNT(*) FROM (SELECT item_id, {joined} AS pattern FROM"  # noqa: S608
        " (SELECT v.item_id, v.reviewer_id || ':' || v.status AS said"
        f" FROM {Verdict._meta.db_table} v JOIN {QueueItem._meta.db_table} i ON i.id = v.item_id"
        f" WHERE i.queue_id = %s AND i.state IN ({states}) AND v.withdrawn_at IS NULL) verdicts"
        " GROUP BY item_id) items GROUP BY pattern"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [queue.pk])
        rows: list[tuple[str, int]] = cursor.fetchall()
    found: Counter[Pattern] = Counter()
    for text, count in rows:
        found[_read(text)] += count
    return found


def _read(text: str) -> Pattern:
    """From "5:2,3:1" to ((3, 1), (5, 2)): the database joins them in any order."""
    parts = (part.partition(":") for part in text.split(","))
    return tuple(sorted((int(reviewer), int(status)) for reviewer, _, status in parts))


def _as_it_is(queue: Queue) -> str:
    """Changes when an item of the queue is done or open again, and with every step that any reviewer takes."""
    newest = Step.objects.aggregate(number=Max("number"))["number"]
    return f"{queue.done}-{queue.disagreed}-{queue.total}-{newest}"


def _is_fresh(queue: Queue, kept: Agreement) -> bool:
    return queue.total > SMALL_QUEUE and (timezone.now() - kept.counted_at).total_seconds() < LARGE_SECONDS


def _kinds(patterns: Counter[Pattern]) -> Counter[Kind]:
    kinds: Counter[Kind] = Counter()
    for pattern, count in patterns.items():
        given = Counter(status for _, status in pattern)
        kinds[tuple(given[status] for status in CATEGORIES)] += count
    return kinds


def _pairs(patterns: Counter[Pattern]) -> list[PairAgreement]:
    """Those with most items in common first."""
    found: dict[tuple[int, int], Counter[tuple[int, int]]] = {}
    for pattern, count in patterns.items():
        for (first, said), (second, replied) in combinations(pattern, 2):
            found.setdefault((first, second), Counter())[said, replied] += count
    pairs = [PairAgreement(first, second, confusion) for (first, second), confusion in found.items()]
    return sorted(pairs, key=lambda pair: (-pair.items, pair.first, pair.second))


def _apart(patterns: Counter[Pattern]) -> list[Cell]:
    """Two different verdicts on one item, the most frequent first; an item of three verdicts may count twice."""
    found: Counter[tuple[int, int]] = Counter()
    for pattern, count in patterns.items():
        for (_, one), (_, other) in combinations(pattern, 2):
            if one != other:
                found[min(one, other), max(one, other)] += count
    return [Cell(Status(one), Status(other), count) for (one, other), count in found.most_common()]
