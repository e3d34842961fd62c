"""The database stopped or locked: pages say so and when to try again, nothing is half-written, work goes on after."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.faults.browsers import Answer
from tests.faults.files import known_file
from tests.faults.outcomes import assert_imported
from tests.faults.reviews import conversations, edit
from tests.faults.stack import FULL_LENGTH, RECOVERY_SECONDS, Stack

pytestmark = pytest.mark.faults

AWAY_SECONDS = 10 if FULL_LENGTH else 3
PAGES = ("/", "/sources/", "/conversations/", "/jobs/", "/login")


def assert_refused(answer: Answer) -> None:
    """An answer that says when to try again, and nothing about the inside."""
    assert answer.status == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    for word in ("Traceback", "OperationalError", "psycopg", "sqlite", "File &quot;"):
        assert word not in answer.text


def written(winnow: Stack, conversation: int) -> tuple[int, int, int, int, int]:
    """What there is of a review: version, status, revisions, decisions, and those counted as reviewed."""
    version, status, source = winnow.query(
        "SELECT version, status, source_id FROM conversations_conversation WHERE id = ?", conversation
    )[0]
    revisions, decisions = (
        winnow.value(f"SELECT count(*) FROM conversations_{table} WHERE conversation_id = ?", conversation)
        for table in ("revision", "decision")
    )
    counted = winnow.value(
        "SELECT coalesce(sum(total), 0) FROM conversations_tally WHERE source_id = ? AND status <> 0", source
    )
    return version, status, revisions, decisions, int(counted)


@contextlib.contextmanager
def locked_file(winnow: Stack) -> Iterator[None]:
    """Somebody else holds the only write lock of the SQLite file."""
    path = winnow.installation.data / "winnow.sqlite3"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.execute("ROLLBACK")


def test_a_locked_file_refuses_a_review_and_keeps_nothing_of_it(embedded_winnow: Stack) -> None:
    winnow = embedded_winnow
    first, second, _ = conversations(winnow, "locked")
    file = known_file("import while locked", 20_000)
    job_id = winnow.browser().upload(file.content).job
    before = written(winnow, first)
    with locked_file(winnow):
        begun = time.monotonic()
        assert_refused(edit(winnow.browser("rosa"), first, approve=True))
        decision = {"version": 1, "status": "rejected"}
        assert_refused(winnow.browser("rosa").post(f"/conversations/{second}/decide", decision))
        # Reading goes on.
        assert winnow.browser().get("/conversations/").status == 200
        time.sleep(max(0, AWAY_SECONDS - (time.monotonic() - begun)))
        assert written(winnow, first) == before
    assert edit(winnow.browser("rosa"), first, approve=True).status == 302
    assert written(winnow, first) == (3, 1, 1, 1, 1)
    winnow.wait_for_job(job_id)
    assert_imported(winnow, job_id, file)


def test_postgres_stopped(production_winnow: Stack) -> None:
    winnow = production_winnow
    assert winnow.postgres
    file = known_file("import while stopped", 30_000)
    pid = winnow.worker.pid
    job_id = winnow.browser().upload(file.content).job
    winnow.wait_for_progress(job_id, 0.2)
    winnow.postgres.stop()
    begun = time.monotonic()
    try:
        for path in PAGES:
            assert_refused(winnow.browser().get(path))
        assert_refused(winnow.browser().upload(file.content))
        time.sleep(max(0, AWAY_SECONDS - (time.monotonic() - begun)))
    finally:
        winnow.postgres.start()
    assert winnow.browser().get("/sources/").status == 200
    winnow.wait_for_job(job_id, seconds=2 * RECOVERY_SECONDS)
    assert_imported(winnow, job_id, file)
    assert winnow.worker.pid == pid


def test_postgres_stopped_in_the_middle_of_a_review(production_winnow: Stack) -> None:
    winnow = production_winnow
    assert winnow.postgres
    conversation = conversations(winnow, "stopped in the middle")[0]
    before = written(winnow, conversation)
    answers: list[Answer] = []
    with contextlib.suppress(psycopg.OperationalError), winnow.connection() as connection:
        # The counts are written last: the review waits there, with all its other rows written.
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE conversations_tally IN EXCLUSIVE MODE")
        reviewer = threading.Thread(
            target=lambda: answers.append(edit(winnow.browser("rosa"), conversation, approve=True))
        )
        reviewer.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        winnow.poll(lambda: winnow.value(waiting) > 0, 30, "a review that waits")
        winnow.postgres.stop()
    reviewer.join()
    winnow.postgres.start()
    assert_refused(answers[0])
    assert written(winnow, conversation) == before
    assert edit(winnow.browser("rosa"), conversation, approve=True).status == 302
    assert written(winnow, conversation) == (3, 1, 1, 1, 1)
