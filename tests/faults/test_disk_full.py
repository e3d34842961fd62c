"""No room: what was stored stays, the job says that the disk is full, and it goes on when there is room again."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.browsers import Browser
from tests.faults.exports import assert_ready, make_mixture
from tests.faults.files import known_file
from tests.faults.outcomes import OF_JOB, assert_imported
from tests.faults.stack import Stack
from tests.installation import WebServer
from tests.servers import Server

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
    """Put before a command: to it, and to what it starts, `folder` is a file system of its own, of this size."""
    folder.mkdir(parents=True, exist_ok=True)
    room = ["--size", str(megabytes * 2**20), "--tmpfs", str(folder)]
    program = shutil.which("bwrap") or pytest.skip("no bubblewrap here")
    command = [program, "--dev-bind", "/", "/", *room, "--"]
    if subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("bubblewrap cannot mount here")
    return command


def seen_by(server: Server, folder: Path) -> Path:
    """A folder as a server in a small room sees it."""
    return Path(f"/proc/{server.children()[0].pid}/root{folder}")


@pytest.mark.parametrize("format_name", ["jsonl", "jsonl.gz"])
def test_an_export_to_a_full_disk(winnow: Stack, format_name: str) -> None:
    mixture = make_mixture(winnow, f"full-{format_name}".replace(".", "-"))
    winnow.worker.stop()
    worker = winnow.start_worker("small room", prefix=in_small_room(winnow.exports, 8))
    winnow.exports = seen_by(worker, winnow.exports)
    ballast = winnow.exports / "ballast"
    ballast.write_bytes(bytes(8 * 2**20 - 256 * 1024))
    export = mixture.export(format_name)
    job = winnow.wait_for_job(export.job, "failed")
    assert FULL in job.error
    assert FULL in winnow.browser().get(f"/exports/{export.id}/").text
    assert [path.name for path in winnow.exports.iterdir()] == ["ballast"]
    ballast.unlink()
    assert winnow.browser().post(f"/jobs/{export.job}/continue", {}).status == 302
    assert_ready(winnow, export)


class SmallWeb(WebServer):
    """A web server with little room for uploads."""

    name = "small web"

    def command(self) -> list[str]:
        return [*in_small_room(Path(self.environment["WINNOW_DATA"]) / "uploads", 1), *super().command()]


def test_an_upload_to_a_full_disk(winnow: Stack) -> None:
    web = SmallWeb(winnow.installation.folder, winnow.installation.environment)
    jobs = winnow.value("SELECT count(*) FROM common_job")
    try:
        web.start()
        browser = Browser(web.port, winnow.sessions["cleo"])
        refused = browser.upload(known_file("too much", 20_000).content)
        assert (refused.status, FULL in refused.text) == (507, True)
        assert list(seen_by(web, winnow.installation.data / "uploads").iterdir()) == []
        assert winnow.value("SELECT count(*) FROM common_job") == jobs
        assert browser.upload(known_file("little", 100).content).status == 302
    finally:
        web.kill()
