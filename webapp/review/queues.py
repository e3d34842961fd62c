"""Queues as people meet them: which ones somebody may open, what they hold, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q

from webapp.accounts.models import Role, User
from webapp.common.errors import BadRequest, NotFound
from webapp.common.models import Job
from webapp.common.plots import Share
from webapp.conversations import bulk, replacing
from webapp.conversations.counting import Count
from webapp.conversations.filters import ConversationFilter, Labels, known_labels
from webapp.conversations.listing import Place, conversation_page
from webapp.conversations.models import Status
from webapp.review.models import Queue, QueueItem, QueueQuerySet, Verdict

#: The jobs that decide, flag or rewrite many conversations, or take that back.
CHANGING = (bulk.DECIDE, bulk.FLAG, bulk.UNDO, replacing.REPLACE, replacing.UNDO)
#: A draw keeps so many marks in memory.
MOST_SAMPLED = 100_000
MOST_OVERLAP = 9
NO_QUEUE = "There is no such queue, or it is not open to you."


def queues_for_user(user: User) -> QueueQuerySet:
    """Curators see all queues; others those that nobody is assigned to, and those that they are."""
    if not user.is_active:
        return Queue.objects.none()
    return Queue.objects.all() if user.may_curate() else Queue.objects.open_to(user)


def get_queue_for_user(user: User, pk: int) -> Queue:
    """The queue with its job, archived or not. Raises NotFound, also where it is not open to the user."""
    queue = queues_for_user(user).select_related("job", "parent", "created_by").filter(pk=pk).first()
    if queue is None:
        raise NotFound(NO_QUEUE)
    return queue


def possible_assignees() -> list[User]:
    """Who may review, by name."""
    roles = [role for role in Role if role.rank >= Role.REVIEWER.rank]
    return list(User.objects.filter(is_active=True, role__in=roles).order_by("username"))


def lost_part(wanted: ConversationFilter) -> str:
    """Why a filter finds nothing any more: what it names was deleted. Empty for a good one, and for sources.

    A deleted source takes its items along, and the other sources of the filter are still looked through.
    """
    return " ".join(sentence for name, _, sentence in wanted.gone() if name != "source")


def is_filling(queue: Queue) -> bool:
    """Whether items are looked for at this moment; `queue.job` is read."""
    return queue.job is not None and not queue.job.is_finished() and not queue.job.cursor.get("ended")


def is_waiting(queue: Queue) -> bool:
    """Whether a queue with nothing left may get items soon: they are looked for, or a job is changing conversations."""
    return is_filling(queue) or (not queue.left and Job.objects.unfinished().filter(kind__in=CHANGING).exists())


def changed_since_look(queue: Queue) -> bool:
    """Whether a job has changed many conversations since items were last looked for."""
    row = Queue.objects.filter(pk=queue.pk).values_list("job__started_at", "filled_at").first()
    looked = row and (row[0] or row[1])
    return looked is not None and Job.objects.filter(kind__in=CHANGING, finished_at__gte=looked).exists()


def may_have_returned(queue: Queue) -> bool:
    """Whether something that left the queue may belong to it again: a job changed much, or somebody one of those."""
    gone = QueueItem.objects.filter(queue=queue, state=QueueItem.State.GONE, conversation__status=Status.UNREVIEWED)
    return changed_since_look(queue) or gone.exists()


def matching(wanted: ConversationFilter) -> Count:
    """How many conversations a filter finds, as the list says it."""
    return conversation_page(wanted, Place(limit=1)).count


def words_of(queue: Queue, known: Labels | None = None) -> str:
    """What is in a queue: its filter in words, with the sample."""
    if queue.kind == Queue.Kind.ADJUDICATION:
        return f"what reviewers disagree about in “{queue.parent}”"
    try:
        words = ConversationFilter.from_dict(queue.filter).describe(known)
    except BadRequest as error:
        return str(error)
    return words if queue.sample is None else f"{words} · {queue.sample:,} of them, drawn with seed {queue.seed}"


@dataclass(frozen=True)
class QueueRow:
    """A queue in the list."""

    queue: Queue
    words: str
    assignees: list[User]
    is_mine: bool

    @property
    def job(self) -> Job | None:
        """The job that looks for items, while it does."""
        return self.queue.job if is_filling(self.queue) else None

    @property
    def shares(self) -> list[Share]:
        return shares_of(self.queue)


def shares_of(queue: Queue) -> list[Share]:
    """How far a queue is, as the shares of a bar."""
    agreed = max(0, queue.done - queue.disagreed)
    shares = [Share("done", agreed, "accent"), Share("disagreed", queue.disagreed, "warn")]
    return [*(share for share in shares if share.count), Share("left", queue.left, "unreviewed")]


def queue_rows(user: User, *, archived: bool = False) -> list[QueueRow]:
    """The queues of a user, those assigned to them first, with as many queries for all as for one."""
    chosen = queues_for_user(user).filter(~Q(archived_at=None) if archived else Q(archived_at=None))
    queues = list(chosen.select_related("job", "parent").prefetch_related("assignees").order_by("-pk"))
    known = known_labels(_readable(queues))
    rows = [_row(queue, user, known) for queue in queues]
    return sorted(rows, key=lambda row: not row.is_mine)


def _row(queue: Queue, user: User, known: Labels) -> QueueRow:
    people = sorted(queue.assignees.all(), key=lambda one: str(one.username))
    return QueueRow(queue, words_of(queue, known), people, user in people)


def _readable(queues: Sequence[Queue]) -> list[ConversationFilter]:
    found = []
    for queue in queues:
        try:
            found.append(ConversationFilter.from_dict(queue.filter))
        except BadRequest:
            continue  # its words say so
    return found


def queue_to_continue(user: User) -> Queue | None:
    """The queue that somebody goes on with: one assigned to them before others, then the one they decided in last."""
    if not user.may_review():
        return None
    queues = list(Queue.objects.live().open_to(user).filter(total__gt=F("done")).prefetch_related("assignees"))
    if not queues:
        return None
    decided = Verdict.objects.standing().filter(reviewer=user).order_by("-created_at")
    last = decided.values_list("queue_id", flat=True).first()
    return max(queues, key=lambda queue: (user in queue.assignees.all(), queue.pk == last, -queue.pk))
