"""Making, changing, filling and archiving queues. `by` is the user, None for what Winnow does by itself."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.actions import cancel_job, queue_job
from webapp.common.errors import Conflict, Unprocessable
from webapp.common.models import Job
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Source
from webapp.review.filling import FILL
from webapp.review.models import Queue, Verdict
from webapp.review.queues import MOST_OVERLAP, MOST_SAMPLED, changed_since_look, lost_part

#: A queue that has run out is looked through again after so many seconds at the earliest.
LOOK_AGAIN_SECONDS = 60
NAME_TAKEN = "There is already a queue called “{}”. Choose another name."


def create_queue(
    *,
    name: str,
    wanted: ConversationFilter,
    by: User | None,
    order: str = Queue.Order.OLDEST,
    seed: int = 42,
    sample: int | None = None,
    overlap: int = 1,
    assignees: Sequence[User] = (),
) -> Queue:
    """A new queue, whose items a job looks for. Raises Conflict for a name that is taken, Unprocessable for numbers."""
    if sample is not None and not 1 <= sample <= MOST_SAMPLED:
        raise Unprocessable(f"A sample can have 1 to {MOST_SAMPLED:,} conversations.")
    _check_overlap(overlap)
    try:
        with transaction.atomic():
            queue = Queue.objects.create(
                name=name,
                filter=wanted.to_dict(),
                order=order,
                seed=seed,
                sample=sample,
                overlap=overlap,
                created_by=by,
            )
            queue.assignees.set(assignees)
            queue.job = _look_for_items(queue.pk, by=by)
    except IntegrityError as error:
        raise Conflict(NAME_TAKEN.format(name)) from error
    return queue


def change_queue(
    *, queue: Queue, name: str, order: str, seed: int, overlap: int, assignees: Iterable[User], by: User | None
) -> None:
    """Change what may change; another order puts the open items into their new places, by a job.

    Raises Conflict for a name that is taken, and for an overlap or the seed of a sample that has been used already.
    """
    try:
        with transaction.atomic():
            held = Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
            _check_change(held, seed=seed, overlap=overlap)
            is_moved = (held.order, held.seed) != (order, seed)
            held.name, held.order, held.seed, held.overlap = name, order, seed, overlap
            held.save(update_fields=["name", "order", "seed", "overlap"])
            held.assignees.set(assignees)
            if is_moved and held.kind == Queue.Kind.REVIEW and held.archived_at is None:
                _look_for_items(held.pk, by=by, again=True)
    except IntegrityError as error:
        raise Conflict(NAME_TAKEN.format(name)) from error


def _check_change(held: Queue, *, seed: int, overlap: int) -> None:
    _check_overlap(overlap)
    if overlap != held.overlap and Verdict.objects.filter(queue=held).exists():
        raise Conflict("Somebody has decided in this queue already, so by how many each is reviewed stays as it is.")
    if overlap != held.overlap and held.kind == Queue.Kind.ADJUDICATION:
        raise Unprocessable("What reviewers disagree about is decided by one person.")
    if seed != held.seed and held.sample is not None:
        raise Conflict("The sample was drawn with this seed, so the seed stays as it is.")


def _check_overlap(overlap: int) -> None:
    if not 1 <= overlap <= MOST_OVERLAP:
        raise Unprocessable(f"Each conversation can be reviewed by 1 to {MOST_OVERLAP} people.")


@transaction.atomic
def refill_queue(*, queue: Queue, by: User | None) -> Job:
    """Look for new items, and for those that do not fit any more; a second press gives the same job. Raises Conflict.

    With its filter broken it would only lose what it has.
    """
    if queue.kind == Queue.Kind.ADJUDICATION:
        raise Conflict("Reviewers who disagree fill this queue. There is nothing to look for.")
    if queue.archived_at is not None:
        raise Conflict("This queue is archived. Restore it, then look for new conversations.")
    if lost := lost_part(ConversationFilter.from_dict(queue.filter)):
        raise Conflict(f"{lost} The queue keeps the conversations that it has.")
    return _look_for_items(queue.pk, by=by)


def refill_if_due(queue: Queue) -> Job | None:
    """Look again for items of a queue that has run out; None where it is too early, or vain.

    At most once a minute, and at once where a job has changed conversations since: what it brought back is missed now.
    """
    if queue.kind == Queue.Kind.ADJUDICATION or queue.archived_at is not None:
        return None
    lately = Queue.objects.filter(pk=queue.pk, filled_at__gt=Now() - timedelta(seconds=LOOK_AGAIN_SECONDS))
    if (lately.exists() and not changed_since_look(queue)) or lost_part(ConversationFilter.from_dict(queue.filter)):
        return None
    with transaction.atomic():
        last = Queue.objects.select_related("job").get(pk=queue.pk).job
        # Somebody has cancelled it, or it failed: its page says what to do.
        return None if last and last.may_continue() else _look_for_items(queue.pk, by=None)


def refill_after_import(source: Source) -> None:
    """Look for new items in all queues whose filter the source may fit; runs in the import's transaction."""
    for queue in Queue.objects.live().filter(kind=Queue.Kind.REVIEW).order_by("pk"):
        if not queue.filter.get("source") or source.pk in queue.filter["source"]:
            _look_for_items(queue.pk, by=None, again=True)


def _look_for_items(queue_id: int, *, by: User | None, again: bool = False) -> Job:
    """The job that looks; one at a time. With `again` one that has begun starts anew when it comes to its end."""
    held = Queue.objects.select_for_update(no_key=True).get(pk=queue_id)
    job = Job.objects.select_for_update(no_key=True).filter(pk=held.job_id or 0).first()
    if job is not None and not job.is_finished() and not job.cursor.get("ended"):
        if again and job.started_at is not None:
            parameters: dict[str, Any] = {**job.parameters, "again": job.parameters.get("again", 0) + 1}
            Job.objects.filter(pk=job.pk).update(parameters=parameters)
        return job
    job = queue_job(kind=FILL, parameters={"queue": queue_id}, by=by, title=f"Fill the queue “{held.name}”")
    Queue.objects.filter(pk=queue_id).update(job=job)
    return job


@transaction.atomic
def archive_queue(*, queue: Queue, by: User | None) -> None:
    """Put a queue away: nobody gets items of it any more. What was decided stays; it can be restored."""
    held = Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    if held.archived_at is not None:
        return
    if held.job is not None and not held.job.is_finished():
        cancel_job(job=held.job, by=None)
    held.archived_at = timezone.now()
    held.save(update_fields=["archived_at"])


@transaction.atomic
def restore_queue(*, queue: Queue, by: User | None) -> None:
    """Take a queue out of the archive, and look for what has come since."""
    if not Queue.objects.filter(pk=queue.pk).exclude(archived_at=None).update(archived_at=None):
        return
    if queue.kind == Queue.Kind.REVIEW:
        _look_for_items(queue.pk, by=by)
