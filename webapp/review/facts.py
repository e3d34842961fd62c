"""What orders and reasons are made of: what is known of conversations, looked up for many at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Max

from webapp.conversations.models import Conversation, Decision, Revision, Status
from webapp.evals.models import BASELINES, SCORED, EvalResult, EvalRun, Outcome
from webapp.review.models import Queue, QueueItem


@dataclass(frozen=True)
class Facts:
    """One conversation. `failed` and `passed` are the endpoints whose newest answer was wrong, or right."""

    status: int = Status.UNREVIEWED
    open_flags: int = 0
    failed: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()
    # Reviewers did not agree about it in another queue.
    disagreed: bool = False
    # Its text was changed after the last decision about it.
    edited: bool = False

    @property
    def models_differ(self) -> bool:
        """Some were right and some were wrong."""
        return bool(self.failed and self.passed)


@dataclass(frozen=True)
class Looking:
    """Looks up facts for the items of a queue; what holds for all of them is asked once."""

    queue: int
    # The endpoint of each run that has asked about anything.
    endpoints: Mapping[int, int] = field(default_factory=dict)
    # Reviewers disagree about something in other queues.
    with_disagreements: bool = False

    @classmethod
    def for_queue(cls, queue: int) -> "Looking":
        """Baselines are no models: a guess says nothing about a conversation, and a failed reference is flagged."""
        runs = EvalRun.objects.exclude(endpoint__adapter__in=BASELINES).filter(done__gt=0)
        others = Queue.objects.filter(disagreed__gt=0).exclude(pk=queue)
        return cls(queue, dict(runs.values_list("pk", "endpoint_id")), others.exists())

    def facts_of(self, ids: Sequence[int]) -> dict[int, Facts]:
        """By id; what was deleted is left out. At most six queries."""
        if not ids:
            return {}
        columns = ("pk", "status", "open_flags", "edited")
        rows = list(Conversation.objects.filter(pk__in=ids).values_list(*columns))
        verdicts = self._verdicts(ids) if self.endpoints else {}
        disagreed = self._disagreed(ids) if self.with_disagreements else set()
        edited = edited_since([pk for pk, *_, is_edited in rows if is_edited])
        nothing: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        return {
            pk: Facts(status, flags, *verdicts.get(pk, nothing), pk in disagreed, pk in edited)
            for pk, status, flags, _ in rows
        }

    def _disagreed(self, ids: Sequence[int]) -> set[int]:
        items = QueueItem.objects.filter(conversation_id__in=ids, state=QueueItem.State.DISAGREED)
        return set(items.exclude(queue_id=self.queue).values_list("conversation_id", flat=True))

    def _verdicts(self, ids: Sequence[int]) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
        """Which endpoints were wrong and which right, each by the newest run that got an answer."""
        scored = [str(outcome) for outcome in SCORED]
        rows = EvalResult.objects.filter(conversation_id__in=ids, outcome__in=scored)
        newest: dict[tuple[int, int], int] = {}
        balance: dict[tuple[int, int], int] = {}
        for conversation, run, outcome in rows.values_list("conversation_id", "run_id", "outcome").iterator():
            endpoint = self.endpoints.get(run)
            if endpoint is None:
                continue
            key = (conversation, endpoint)
            if run > newest.get(key, 0):
                newest[key], balance[key] = run, 0
            if run == newest[key]:
                balance[key] += 1 if outcome == Outcome.RIGHT else -1
        return _by_conversation(balance)


def _by_conversation(balance: Mapping[tuple[int, int], int]) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Of several samples a model must have got more than half right."""
    sides: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for (conversation, endpoint), more_right in balance.items():
        sides[conversation][more_right > 0].append(endpoint)
    return {
        conversation: (tuple(sorted(wrong)), tuple(sorted(right))) for conversation, (wrong, right) in sides.items()
    }


def edited_since(ids: Sequence[int]) -> set[int]:
    """Those of `ids` whose text was changed after the last decision; one that was taken back is none."""
    if not ids:
        return set()
    decisions = Decision.objects.filter(conversation_id__in=ids).exclude(status=Status.UNREVIEWED)
    decided = dict(decisions.values("conversation_id").annotate(on=Max("version")).values_list("conversation_id", "on"))
    revisions = Revision.objects.filter(conversation_id__in=decided).values("conversation_id")
    changed = revisions.annotate(last=Max("version")).values_list("conversation_id", "last")
    return {conversation for conversation, last in changed if last > decided[conversation]}
