"""No room: what was stored stays, the job says that the disk is full, and it goes on when there is room again."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.files import known_file
from tests.faults.outcomes import OF_JOB, assert_imported
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

FULL = "The disk is full"
# What PostgreSQL says when it cannot make a table's file longer, from the 5,000th row of a job on.
FULL_TABLE = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file "base/16384/16397": No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON conversations_conversation
    FOR EACH ROW WHEN (NEW.position >= 5000) EXECUTE FUNCTION no_room();
"""


@contextlib.contextmanager
def full_database(winnow: Stack) -> Iterator[None]:
    """Room for a few thousand rows more."""
    if winnow.postgres:
        winnow.execute(FULL_TABLE)
        yield
        winnow.execute("DROP TRIGGER no_room ON conversations_conversation; DROP FUNCTION no_room")
    else:
        winnow.holds.set("max_pages", str(winnow.value("PRAGMA page_count") + 1000))
        yield
        winnow.holds.release("max_pages")


def test_an_import_into_a_full_database(winnow: Stack) -> None:
    file = known_file("full database", 20_000)
    with full_database(winnow):
        job_id = winnow.browser().upload(file.content).job
        job = winnow.wait_for_job(job_id, "failed")
        assert FULL in job.error
        assert FULL in winnow.browser().get(f"/jobs/{job_id}/").text
        rows = winnow.value(f"SELECT count(*){OF_JOB}", job_id)
        assert 0 < rows == job.result["accepted"] < file.valid
        assert winnow.value("SELECT state FROM conversations_source WHERE job_id = ?", job_id) == "incomplete"
    assert winnow.browser().post(f"/jobs/{job_id}/continue", {}).status == 302
    winnow.wait_for_job(job_id)
    assert_imported(winnow, job_id, file)


def in_small_room(folder: Path, megabytes: int) -> list[str]:
    """Put before a command: for it, and for what it starts, `folder` is a file system of its own, of this size."""
    folder.mkdir(parents=True, exist_ok=True)
    room = ["--size", str(megabytes * 2**20), "--tmpfs", str(folder)]
    program = shutil.which("bwrap") or pytest.skip("no bubblewrap here")
    command = [program, "--dev-bind", "/", "/", *room, "--"]
    if subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("bubblewrap cannot mount here")
    return command
