"""Looking for the items of a queue: chunk after chunk through the conversations that fit, beside the items there are.

Both are walked by the conversation's id, so that one pass adds what is missing, opens again what fits again, marks
what does not fit any more, and puts the open ones into the order of today. Locks are taken in the order items, queue,
job, as everywhere.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from webapp.common.models import Job
from webapp.common.rows import insert_rows
from webapp.common.running import JobRun
from webapp.conversations.choosing import live_part
from webapp.conversations.counting import kept_count
from webapp.conversations.filters import BIGGEST_ID, ConversationFilter
from webapp.conversations.indexing import refresh_statistics
from webapp.conversations.listing import next_ids
from webapp.conversations.models import Status
from webapp.review.facts import Facts, Looking
from webapp.review.models import Lease, Queue, QueueItem, Verdict
from webapp.review.ordering import rank_of, shuffled
from webapp.review.queues import lost_part
from webapp.review.reasons import codes_of

#: The kind of the job.
FILL = "fill_queue"
CHUNK = 5_000
DRAW_CHUNK = 50_000
FIELDS = ("queue", "conversation", "rank", "reasons", "state", "verdicts_count")
OPEN, GONE = QueueItem.State.OPEN, QueueItem.State.GONE
#: Below every mark of a draw: nothing is taken.
NOTHING = -(2**63) - 1


class Item(NamedTuple):
    """What filling has to know of an item that is there."""

    pk: int
    conversation: int
    rank: int
    reasons: str
    state: int
    verdicts: int


@dataclass
class Window:
    """One chunk: conversations that fit and items that are there, both up to the same id; `last` None: to the end."""

    fitting: list[int]
    items: dict[int, Item]
    last: int | None
    counted: Counter[str] = field(default_factory=Counter)


def fill(run: JobRun) -> None:
    """Bring the items of a queue up to date, from wherever it was stopped."""
    while not run.cursor.get("ended"):
        queue = Queue.objects.filter(pk=run.parameters["queue"], archived_at=None).first()
        wanted = ConversationFilter.from_dict(queue.filter) if queue is not None else None
        if queue is None or wanted is None or lost_part(wanted):
            return  # a filter that names what was deleted finds nothing, and would take everything away
        _draw(run, queue, wanted)
        _set_total(run, wanted)
        _walk(run, queue, wanted)
        _end(run, queue)


def _set_total(run: JobRun, wanted: ConversationFilter) -> None:
    total = kept_count(live_part(wanted))
    if run.job.total is None and total is not None:
        run.set_total(total, step="looking for conversations")


def _draw(run: JobRun, queue: Queue, wanted: ConversationFilter) -> None:
    """Which mark is the highest of the sample: the marks are a shuffle of the ids, and the lowest ones are drawn.

    A sample is drawn once: what was in it keeps its place, also when it was decided elsewhere since.
    """
    if queue.sample is None or "limit" in run.cursor:
        return
    missing = queue.sample - QueueItem.objects.filter(queue=queue).count()
    drawn = heapq.nsmallest(missing, _marks(run, queue, wanted)) if missing > 0 else []
    with run.chunk(may_end_slice=False) as progress:
        progress.cursor["limit"] = drawn[-1] if drawn else NOTHING


def _marks(run: JobRun, queue: Queue, wanted: ConversationFilter) -> Iterator[int]:
    """The marks of all that fits and is no item yet."""
    after = 0
    while ids := next_ids(wanted, after=after, limit=DRAW_CHUNK):
        items = QueueItem.objects.filter(queue=queue, conversation_id__gt=after, conversation_id__lte=ids[-1])
        there = set(items.values_list("conversation_id", flat=True))
        yield from (shuffled(queue.seed, number) for number in ids if number not in there)
        after = ids[-1]
        with run.chunk(may_end_slice=False) as progress:
            progress.step = "drawing the sample"


def _walk(run: JobRun, queue: Queue, wanted: ConversationFilter) -> None:
    looking = Looking.for_queue(queue.pk)
    while not run.cursor.get("walked"):
        after = run.cursor.get("after", 0)
        ids = next_ids(wanted, after=after, limit=CHUNK)
        with run.chunk() as progress:
            window = _window(queue, after, ids)
            _Change(queue, wanted, looking, window, progress.cursor.get("limit")).make()
            progress.done += len(window.fitting)
            progress.result = dict(Counter(progress.result) + window.counted)
            progress.cursor["after"] = window.last or max([after, *window.fitting, *window.items])
            progress.cursor["walked"] = window.last is None


def _window(queue: Queue, after: int, ids: Sequence[int]) -> Window:
    """As far as both lists reach."""
    rows = QueueItem.objects.filter(queue=queue, conversation_id__gt=after).order_by("conversation_id")
    columns = ("pk", "conversation_id", "rank", "reasons", "state", "verdicts_count")
    items = [Item(*row) for row in rows.values_list(*columns)[:CHUNK]]
    ends = [ids[-1]] if len(ids) == CHUNK else []
    ends += [items[-1].conversation] if len(items) == CHUNK else []
    last = min(ends) if ends else None
    border = BIGGEST_ID if last is None else last
    there = {item.conversation: item for item in items if item.conversation <= border}
    return Window([number for number in ids if number <= border], there, last)


class _Change:
    """What one window changes, in the transaction of its chunk."""

    def __init__(
        self, queue: Queue, wanted: ConversationFilter, looking: Looking, window: Window, limit: int | None
    ) -> None:
        self.queue, self.wanted, self.window, self.limit = queue, wanted, window, limit
        there = window.items
        self.new = [number for number in window.fitting if number not in there and self._is_drawn(number)]
        self.known = [there[number] for number in window.fitting if number in there]
        # Asked after the items: what is decided in this moment shows its decision here, whatever its item said.
        self.facts = looking.facts_of([*self.new, *(item.conversation for item in self.known)])

    def make(self) -> None:
        """Write everything, the counts of the queue last."""
        self._add()
        self._open_again()
        self._put_in_order()
        self._mark_gone()
        counted = self.window.counted
        Queue.objects.filter(pk=self.queue.pk).update(
            total=F("total") + counted["added"] + counted["back"] - counted["gone"],
            done=F("done") - counted["reopened"],
        )

    def _is_drawn(self, number: int) -> bool:
        return self.limit is None or shuffled(self.queue.seed, number) <= self.limit

    def _place(self, number: int, facts: Facts) -> tuple[int, str]:
        rank = rank_of(self.queue.order, self.queue.seed, number, facts)
        return rank, codes_of(facts, sampled=self.queue.sample is not None)

    def _add(self) -> None:
        pk, facts = self.queue.pk, self.facts
        there = [number for number in self.new if number in facts]
        insert_rows(
            QueueItem, FIELDS, [(pk, number, *self._place(number, facts[number]), OPEN.value, 0) for number in there]
        )
        self.window.counted["added"] = len(there)

    def _open_again(self) -> None:
        """Decided once and unreviewed by now; or away, and here again. What is disagreed about waits for its judge."""
        decided = [QueueItem.State.AGREED, QueueItem.State.ADJUDICATED]
        again = [item for item in self.known if self._is_unreviewed(item) and item.state in decided]
        back = [item for item in self.known if item.state == GONE and (self._is_unreviewed(item) or self.wanted.status)]
        closed = [item.pk for item in again]
        # A reviewer can decide once about an item that is open: what was said about the text of then is withdrawn.
        stale = [item.pk for item in [*again, *back] if item.verdicts]
        Verdict.objects.filter(item_id__in=stale, withdrawn_at=None).update(withdrawn_at=timezone.now())
        fresh = {"state": OPEN, "verdicts_count": 0, "closed_at": None}
        self.window.counted["reopened"] = QueueItem.objects.filter(pk__in=closed, state__in=decided).update(**fresh)
        away = QueueItem.objects.filter(pk__in=[item.pk for item in back], state=GONE)
        self.window.counted["back"] = away.update(**fresh)
        self._reorder([*again, *back])

    def _is_unreviewed(self, item: Item) -> bool:
        facts = self.facts.get(item.conversation)
        return facts is not None and facts.status == Status.UNREVIEWED

    def _put_in_order(self) -> None:
        self._reorder([item for item in self.known if item.state == OPEN])

    def _reorder(self, items: Sequence[Item]) -> None:
        """Give items the rank and the reasons of today, where these are others."""
        places = [
            (*self._place(item.conversation, self.facts[item.conversation]), item)
            for item in items
            if item.conversation in self.facts
        ]
        changed = [
            (rank, reasons, item.pk) for rank, reasons, item in places if (rank, reasons) != (item.rank, item.reasons)
        ]
        if changed:
            table = connection.ops.quote_name(QueueItem._meta.db_table)
            with connection.cursor() as cursor:
                cursor.executemany(f"UPDATE {table} SET rank = %s, reasons = %s WHERE id = %s", changed)  # noqa: S608

    def _mark_gone(self) -> None:
        """Open items that do not fit, unless somebody has one on the screen or has decided about it already."""
        fitting = set(self.window.fitting)
        away = [item.pk for number, item in self.window.items.items() if number not in fitting and item.state == OPEN]
        if away:
            held = Lease.objects.held().filter(item_id__in=away).values_list("item_id", flat=True)
            free = QueueItem.objects.filter(pk__in=set(away) - set(held), state=OPEN, verdicts_count=0)
            self.window.counted["gone"] = free.update(state=GONE, closed_at=timezone.now())


def _end(run: JobRun, queue: Queue) -> None:
    """Where somebody has asked since the start to look again, it begins anew; else nobody can ask any more."""
    if run.job.result.get("added"):
        refresh_statistics(QueueItem._meta.db_table)
    with run.chunk(may_end_slice=False) as progress:
        Queue.objects.filter(pk=queue.pk).update(filled_at=Now())
        asked = Job.objects.select_for_update(no_key=True).get(pk=run.job.pk).parameters.get("again", 0)
        if asked <= progress.cursor.get("round", 0):
            progress.cursor["ended"] = True
        else:
            progress.cursor = {"round": asked}
            progress.done, progress.total = 0, None
