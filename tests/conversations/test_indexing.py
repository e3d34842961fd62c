"""The search index follows the texts: built by a job that can be stopped, changed by edits, emptied by purges."""

from typing import Any

import pytest

from tests.factories import chat, make_conversation, make_source
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations import hooks, indexing, purging, searching
from webapp.conversations.actions.search import queue_indexing
from webapp.conversations.actions.sources import delete_source, purge_source
from webapp.conversations.browsing import percent_searchable
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Conversation, ConversationText, Source
from webapp.conversations.walking import fetch_ids

pytestmark = pytest.mark.django_db


def answers(query: str) -> list[int]:
    found = ConversationFilter(q=query).apply(Conversation.objects.all())
    return list(found.order_by("pk").values_list("pk", flat=True))


def filled_source(count: int = 5) -> tuple[Source, list[int]]:
    source = make_source()
    return source, [make_conversation(source, chat(f"apple {number}", "pear")).pk for number in range(count)]


def build(source: Source) -> Job:
    job = run_slice(queue_indexing(source=source, by=None, send=False).pk, slice_seconds=None)
    assert job is not None
    source.refresh_from_db()
    return job


def edit(conversation_id: int, *texts: str) -> None:
    text = ConversationText.objects.get(pk=conversation_id)
    new = make_conversation(make_source(), chat(*texts)).text.messages
    hooks.text_changed(conversation_id, text.messages, new)
    ConversationText.objects.filter(pk=conversation_id).update(messages=new)
    Conversation.objects.filter(pk=conversation_id).update(version=2)


def test_the_job_indexes_a_source_to_its_end() -> None:
    source, ids = filled_source()
    job = build(source)
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    assert source.indexed_through == ids[-1]
    assert answers("apple") == ids
    assert percent_searchable([source.pk]) == 100


def test_a_second_job_goes_on_where_the_first_ended() -> None:
    source, ids = filled_source()
    build(source)
    more = make_conversation(source, chat("apple again", "pear"))
    assert 0 < percent_searchable([source.pk]) < 100
    assert build(source).done == 1
    assert answers("apple") == [*ids, more.pk]


def test_it_can_be_stopped_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    source, ids = filled_source()
    monkeypatch.setattr(indexing, "BATCH_ROWS", 2)
    job = queue_indexing(source=source, by=None, send=False)
    stopped = run_slice(job.pk, slice_seconds=0)
    assert stopped is not None
    assert (stopped.state, stopped.done) == ("queued", 2)
    assert answers("apple") == ids[:2]
    finished = run_slice(job.pk, slice_seconds=None)
    assert finished is not None
    assert (finished.state, finished.done, finished.total) == ("done", 5, 5)
    assert answers("apple") == ids


def test_a_batch_ends_early_where_texts_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    source, ids = filled_source()
    monkeypatch.setattr(indexing, "BATCH_CHARACTERS", 1)
    assert [row[0] for row in indexing.next_batch(source.pk, 0).rows] == ids[:1]


def test_a_batch_that_another_job_wrote_is_left_out() -> None:
    source, ids = filled_source()
    batch = indexing.next_batch(source.pk, 0)
    prepared = indexing.prepare(batch)
    assert indexing.store(source.pk, 0, batch, prepared)
    assert not indexing.store(source.pk, 0, batch, prepared)
    assert answers("apple") == ids


def test_what_is_edited_while_the_job_works_is_indexed_as_it_is_now() -> None:
    source, ids = filled_source()
    batch = indexing.next_batch(source.pk, 0)
    prepared = indexing.prepare(batch)
    edit(ids[0], "cherry", "plum")
    indexing.store(source.pk, 0, batch, prepared)
    assert answers("apple") == ids[1:]
    assert answers("cherry") == ids[:1]


def test_what_is_deleted_while_the_job_works_is_left_out() -> None:
    source, ids = filled_source()
    batch = indexing.next_batch(source.pk, 0)
    prepared = indexing.prepare(batch)
    Conversation.objects.filter(pk=ids[0]).delete()
    assert indexing.store(source.pk, 0, batch, prepared)
    assert answers("apple") == ids[1:]


@pytest.mark.parametrize("before", [True, False])
def test_an_edit_is_found_by_its_new_words_only(before: bool) -> None:
    source, ids = filled_source()
    if not before:
        build(source)
    edit(ids[1], "cherry", "plum")
    if before:
        build(source)
    assert answers("cherry") == answers("plum") == [ids[1]]
    assert answers("apple") == [ids[0], *ids[2:]]
    edit(ids[1], "apple", "grape")
    assert answers("cherry") == []
    assert answers("apple") == ids


def test_a_purge_empties_the_index() -> None:
    source, ids = filled_source()
    build(source)
    hooks.before_purge(source, ids[:3])
    assert answers("apple") == ids[3:]


def test_a_purge_empties_an_index_that_grows_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = filled_source()
    delete_source(source=source, by=None)
    purging_job = purge_source(source=source, by=None)
    monkeypatch.setattr(purging, "CHUNK", 2)
    delete = purging._delete

    def grow_behind(gone: list[int]) -> None:
        delete(gone)
        build(source)

    monkeypatch.setattr(purging, "_delete", grow_behind)
    run_slice(purging_job.pk, slice_seconds=None)
    assert not Source.objects.exists()
    column, condition = searching.match_sql()
    query = searching.match_text(searching.parse("apple"))
    assert fetch_ids(f"SELECT {column} FROM {searching.TABLE} WHERE {condition}", [query]) == []


def test_a_purge_of_what_is_not_indexed_yet() -> None:
    source, ids = filled_source()
    hooks.before_purge(source, ids)
    build(source)
    assert answers("apple") == ids


def test_queueing_twice_makes_one_job() -> None:
    source, _ = filled_source()
    jobs = {queue_indexing(source=source, by=None, send=False).pk for _ in range(2)}
    assert len(jobs) == 1


def test_a_cancelled_job_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    source, ids = filled_source()
    monkeypatch.setattr(indexing, "BATCH_ROWS", 2)
    job = queue_indexing(source=source, by=None, send=False)

    def cancel(_: Any) -> None:
        if Source.objects.get(pk=source.pk).indexed_through:
            Job.objects.filter(pk=job.pk).update(cancel_requested=True)

    stopped = run_slice(job.pk, slice_seconds=None, on_progress=cancel)
    assert stopped is not None
    assert stopped.state == "cancelled"
    assert answers("apple") == ids[:2]


def test_the_job_of_a_source_that_is_gone_ends() -> None:
    source = make_source()
    job = queue_indexing(source=source, by=None, send=False)
    source.delete()
    finished = run_slice(job.pk, slice_seconds=None)
    assert finished is not None
    assert finished.state == "done"
