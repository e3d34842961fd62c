"""A key that is refused: the run pauses once and says so, and the key is written down nowhere."""

import subprocess

import pytest

from tests.faults.evaluations import Evaluations
from tests.faults.stack import Stack
from tests.servers import postgres_program

pytestmark = pytest.mark.faults

KEY, NEXT_KEY = "sk-first-4711-of-the-fault-tests", "sk-second-4712-of-the-fault-tests"


def test_a_refused_key_pauses_the_run_once_and_is_in_no_log(evals: Evaluations) -> None:
    source, winnow = evals.numbers(), evals.winnow
    evals.behave(latency_ms=30, key=KEY, echo_key=True)
    endpoint = evals.endpoint(key=KEY)
    run = evals.start(source, endpoint, sample=96)
    run.wait_for_done(20)
    evals.behave(key=NEXT_KEY)
    row = run.wait_for("paused")
    assert "refused the key (401)" in row.reason
    assert set(run.outcomes()) == {"right", ""}
    refused = evals.model.stats()["unauthorized"]
    assert 0 < refused <= 4  # what was out at that moment; nothing asks on
    page = winnow.browser().get(f"/evaluate/{run.id}/").text
    assert "refused the key" in page
    assert KEY not in page
    assert_nowhere(winnow, KEY)
    change_key(evals, endpoint)
    run.press("resume")
    run.wait_for()
    run.assert_whole()
    assert evals.model.stats()["unauthorized"] == refused
    assert_nowhere(winnow, KEY, NEXT_KEY)


def change_key(evals: Evaluations, endpoint: int) -> None:
    columns = "name, adapter, address, model, concurrency, timeout_seconds, tries"
    row = evals.winnow.query(f"SELECT {columns} FROM evals_modelendpoint WHERE id = ?", endpoint)[0]
    form = dict(zip(columns.split(", "), row, strict=True)) | {"key": NEXT_KEY}
    assert evals.winnow.browser().post(f"/evaluate/endpoints/{endpoint}/edit", form).status == 302


def assert_nowhere(winnow: Stack, *keys: str) -> None:
    """Neither in a log nor in a file of the data folder, nor in a dump of the database."""
    files = [path for path in winnow.installation.folder.rglob("*") if path.is_file()]
    assert {"worker.log", "web.log", "beat.log"} <= {path.name for path in files}
    texts = {str(path): path.read_bytes() for path in files} | {"dump": dump_of(winnow)}
    for key in keys:
        assert [name for name, text in texts.items() if key.encode() in text] == []


def dump_of(winnow: Stack) -> bytes:
    """The database as text; SQLite's is among the files."""
    if not winnow.postgres:
        return b""
    program = postgres_program("pg_dump") or pytest.skip("no pg_dump here")
    command = [program, winnow.installation.environment["DATABASE_URL"]]
    return subprocess.run(command, capture_output=True, check=True).stdout
