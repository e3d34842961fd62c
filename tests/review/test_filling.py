"""Filling queues: every conversation that fits is an item once, in its order, whatever comes between."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from tests.factories import make_conversation, make_source, make_user
from tests.review.queueing import (
    State,
    assert_counts_match,
    close,
    in_order,
    item_of,
    make_queue,
    refill,
    work,
)
from webapp.accounts.models import User
from webapp.common.actions import cancel_job
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions.review import decide, save_edit
from webapp.conversations.actions.sources import delete_source, purge_source
from webapp.conversations.hooks import imported
from webapp.conversations.models import Conversation, ConversationText, Source, Status
from webapp.review import filling
from webapp.review.actions.queues import refill_if_due, refill_queue
from webapp.review.models import Lease, Queue, QueueItem, Verdict
from webapp.review.ordering import shuffled

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return make_source("one")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "CHUNK", 4)
    monkeypatch.setattr(filling, "DRAW_CHUNK", 3)


def some(source: Source, count: int) -> list[Conversation]:
    return [make_conversation(source) for _ in range(count)]


def approve(conversation: Conversation) -> None:
    conversation.refresh_from_db()
    decide(conversation_id=conversation.pk, version=conversation.version, status=Status.APPROVED, by=None)


def edit(conversation: Conversation, text: str) -> None:
    conversation.refresh_from_db()
    messages = ConversationText.objects.get(pk=conversation.pk).message_list()
    messages[-1]["content"] = text
    save_edit(conversation_id=conversation.pk, version=conversation.version, messages=messages, by=None)


def decided(queue: Queue, one: Conversation, by: User) -> Verdict:
    """A verdict of one reviewer, nothing else."""
    return Verdict.objects.create(
        item=item_of(queue, one), queue=queue, conversation=one, source=one.source, reviewer=by, status=1, version=1
    )


@pytest.mark.parametrize("slice_seconds", [None, 0])
def test_every_conversation_that_fits_is_an_item_once(source: Source, slice_seconds: float | None) -> None:
    there = some(source, 11)
    approve(there[4])
    queue = make_queue(slice_seconds=slice_seconds)
    assert in_order(queue) == [one.pk for one in there if one is not there[4]]
    assert (queue.total, queue.done) == (10, 0)
    assert queue.filled_at is not None
    assert_counts_match(queue)


def test_a_cancelled_filling_goes_on_where_it_was(source: Source) -> None:
    there = some(source, 11)
    queue = make_queue(fill=False)
    assert queue.job is not None
    run_slice(queue.job.pk, slice_seconds=0)
    cancel_job(job=Job.objects.get(pk=queue.job.pk), by=None)
    stopped = run_slice(queue.job.pk, slice_seconds=None)
    assert stopped is not None
    assert stopped.state == Job.State.CANCELLED
    assert 0 < queue.items.count() < 11
    assert_counts_match(queue)
    refill(queue)
    assert in_order(queue) == [one.pk for one in there]


def test_a_worker_that_lost_its_lease_does_not_fill_twice(source: Source) -> None:
    """Killed after a chunk: another one claims the job, and begins behind what was committed."""
    some(source, 11)
    queue = make_queue(fill=False)
    assert queue.job is not None
    run_slice(queue.job.pk, slice_seconds=0)
    Job.objects.filter(pk=queue.job.pk).update(state=Job.State.RUNNING, lease_until=Now() - timedelta(seconds=5))
    assert work(queue.job).state == Job.State.DONE
    assert queue.items.count() == 11
    assert_counts_match(queue)


@pytest.mark.parametrize(("chunk", "slice_seconds"), [(2, None), (3, 0), (50, None)])
def test_a_sample_is_the_same_however_it_is_cut(
    source: Source, monkeypatch: pytest.MonkeyPatch, chunk: int, slice_seconds: float | None
) -> None:
    ids = [one.pk for one in some(source, 23)]
    monkeypatch.setattr(filling, "CHUNK", chunk)
    monkeypatch.setattr(filling, "DRAW_CHUNK", chunk + 1)
    queue = make_queue(sample=7, seed=5, order="random", slice_seconds=slice_seconds)
    assert in_order(queue) == sorted(ids, key=lambda number: shuffled(5, number))[:7]
    assert queue.total == 7


def test_a_sample_is_drawn_once(source: Source) -> None:
    some(source, 12)
    queue = make_queue(sample=5)
    drawn = in_order(queue)
    some(source, 20)
    approve(Conversation.objects.get(pk=drawn[0]))
    assert refill(queue) == {"gone": 1}
    assert in_order(queue) == drawn[1:]


def test_a_sample_that_was_too_small_is_filled_up(source: Source) -> None:
    some(source, 3)
    queue = make_queue(sample=5)
    some(source, 9)
    assert refill(queue) == {"added": 2}
    assert queue.total == 5


def test_what_came_since_is_added_and_what_does_not_fit_is_taken_out(source: Source) -> None:
    there = some(source, 6)
    queue = make_queue()
    approve(there[1])
    new = some(source, 7)
    assert refill(queue) == {"added": 7, "gone": 1}
    assert in_order(queue) == [one.pk for one in [*there, *new] if one is not there[1]]
    assert_counts_match(queue)
    assert refill(queue) == {}


def test_everything_can_be_taken_out(source: Source) -> None:
    there = some(source, 9)
    queue = make_queue()
    for one in there:
        approve(one)
    assert refill(queue) == {"gone": 9}
    assert queue.total == 0


def test_what_fits_again_is_opened_again(source: Source) -> None:
    there = some(source, 3)
    queue = make_queue()
    approve(there[0])
    refill(queue)
    edit(there[0], "Another answer.")
    assert refill(queue) == {"back": 1}
    item = item_of(queue, there[0])
    assert (item.state, item.closed_at) == (State.OPEN, None)
    assert ",edited," in item.reasons
    assert_counts_match(queue)


def test_what_was_decided_here_and_edited_since_is_reviewed_again(source: Source) -> None:
    there = some(source, 3)
    queue = make_queue()
    item = decided(queue, there[0], make_user()).item
    approve(there[0])
    close(queue, there[0])
    assert refill(queue) == {}
    edit(there[0], "Another answer.")
    assert refill(queue) == {"reopened": 1}
    item.refresh_from_db()
    assert (item.state, item.verdicts_count) == (State.OPEN, 0)
    assert not Verdict.objects.standing().exists()
    assert_counts_match(queue)


def test_disagreements_wait_for_their_judge(source: Source) -> None:
    there = some(source, 2)
    queue = make_queue(overlap=2)
    close(queue, there[0], State.DISAGREED)
    assert refill(queue) == {}
    assert item_of(queue, there[0]).state == State.DISAGREED


def test_what_is_on_a_screen_or_begun_stays(source: Source) -> None:
    held, begun, free = some(source, 3)
    queue = make_queue(overlap=2)
    Lease.objects.create(
        item=item_of(queue, held), reviewer=make_user(), tab="a", until=timezone.now() + timedelta(minutes=2)
    )
    queue.items.filter(conversation=begun).update(verdicts_count=1)
    for one in (held, begun, free):
        approve(one)
    assert refill(queue) == {"gone": 1}
    assert item_of(queue, free).state == State.GONE


def test_the_import_of_a_source_fills_the_queues_that_it_may_fit(source: Source) -> None:
    other = make_source("two")
    everything, own, foreign = make_queue(), make_queue({"source": [source.pk]}), make_queue({"source": [other.pk]})
    archived = make_queue()
    Queue.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    some(source, 3)
    imported(source)
    for job in Job.objects.unfinished():
        work(job)
    totals = [Queue.objects.get(pk=queue.pk).total for queue in (everything, own, foreign, archived)]
    assert totals == [3, 3, 0, 0]


def test_an_import_that_ends_while_a_queue_is_filled_is_not_missed(source: Source) -> None:
    """Its conversations may lie behind the place that the filling has come to."""
    there = some(source, 9)
    late = there.pop(0)
    Conversation.objects.filter(pk=late.pk).update(status=Status.APPROVED)
    queue = make_queue(fill=False)
    assert queue.job is not None
    run_slice(queue.job.pk, slice_seconds=0)
    Conversation.objects.filter(pk=late.pk).update(status=Status.UNREVIEWED)
    imported(source)
    imported(source)
    assert Job.objects.filter(kind="fill_queue").count() == 1
    assert work(queue.job).state == Job.State.DONE
    assert in_order(queue)[0] == late.pk
    assert queue.items.count() == 9
    assert_counts_match(queue)


def test_pressing_twice_looks_once(source: Source) -> None:
    queue = make_queue()
    assert refill_queue(queue=queue, by=None).pk == refill_queue(queue=queue, by=None).pk


def test_a_queue_that_ran_out_is_looked_through_again_after_a_while(source: Source) -> None:
    queue = make_queue()
    assert refill_if_due(queue) is None
    Queue.objects.update(filled_at=timezone.now() - timedelta(minutes=5))
    job = refill_if_due(queue)
    assert job is not None
    again = refill_if_due(queue)
    assert again is not None
    assert again.pk == job.pk
    cancel_job(job=job, by=None)
    assert refill_if_due(queue) is None


def test_who_opens_a_queue_that_ran_out_gets_what_belongs_to_it_again(client: Client, source: Source) -> None:
    [conversation] = some(source, 1)
    queue = make_queue()
    client.force_login(make_user())
    Queue.objects.update(filled_at=timezone.now() - timedelta(minutes=5))
    client.get(f"/review/{queue.pk}/")
    assert Job.objects.count() == 1
    approve(conversation)
    close(queue, conversation)
    edit(conversation, "politer")
    assert in_order(queue) == []
    client.get(f"/review/{queue.pk}/")
    queue.refresh_from_db()
    assert queue.job is not None
    work(queue.job)
    assert in_order(queue) == [conversation.pk]


def test_a_filter_whose_parts_were_deleted_takes_nothing_away(source: Source) -> None:
    some(source, 2)
    queue = make_queue({"reviewer": "nobody-any-more"}, fill=False)
    QueueItem.objects.create(queue=queue, conversation=Conversation.objects.all()[0])
    assert queue.job is not None
    assert work(queue.job).state == Job.State.DONE
    assert in_order(queue) == [Conversation.objects.all()[0].pk]
    Queue.objects.update(filled_at=None)
    queue.refresh_from_db()
    assert refill_if_due(queue) is None


def test_the_trash_takes_items_out_and_a_purge_all_that_hangs_on_them(source: Source) -> None:
    there, other = some(source, 3), make_conversation()
    queue = make_queue()
    reviewer = make_user()
    for one in there[:2]:
        Verdict.objects.create(
            item=item_of(queue, one),
            queue=queue,
            conversation=one,
            source=source,
            reviewer=reviewer,
            status=1,
            version=1,
        )
    close(queue, there[0])
    close(queue, there[1], State.DISAGREED)
    Lease.objects.create(item=item_of(queue, there[2]), reviewer=reviewer, tab="a", until=timezone.now())
    delete_source(source=source, by=None)
    assert refill(queue) == {"gone": 1}
    work(purge_source(source=source, by=None))
    assert in_order(queue) == [other.pk]
    assert not Verdict.objects.exists()
    assert not Conversation.objects.filter(source=source).exists()
    assert_counts_match(queue)
