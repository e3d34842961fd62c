"""import_jsonl, import_task and continue_job: what they print, and how they end."""

import io
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conversations.importing import as_lines
from tests.factories import chat, make_source
from tests.installation import Installation
from tests.servers import ROOT, wait_until
from webapp.common.commands import Display
from webapp.common.models import Job
from webapp.common.running import JobRun
from webapp.conversations.models import Conversation, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(as_lines(*[chat(f"question {number}", "answer") for number in range(5)]))
    return path


def run(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(*[str(argument) for argument in arguments], stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_a_file_is_imported_where_it_is(file: Path) -> None:
    printed = run("import_jsonl", file)
    assert printed.startswith("Imported as “data” (source ")
    assert "5 lines read: 5 accepted, 0 duplicates, 0 rejected" in printed
    assert file.exists()
    assert Conversation.objects.count() == 5


def test_json_for_machines(file: Path) -> None:
    job = json.loads(run("import_jsonl", file, "--json", "--name", "mine"))
    assert (job["state"], job["result"]["accepted"]) == ("done", 5)
    assert Source.objects.get().name == "mine"


def test_queued_it_waits_for_a_worker(file: Path) -> None:
    assert "Queued as job" in run("import_jsonl", file, "--queue")
    assert Job.objects.get().state == Job.State.QUEUED


def test_keeping_duplicates(file: Path) -> None:
    run("import_jsonl", file)
    assert "nothing was added" in run("import_jsonl", file)
    assert "5 accepted" in run("import_jsonl", file, "--keep-duplicates")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="There is no file"):
        run("import_jsonl", "/nowhere/data.jsonl")


def test_a_name_that_is_taken(file: Path) -> None:
    make_source("mine")
    with pytest.raises(CommandError, match="already"):
        run("import_jsonl", file, "--name", "mine")
    assert not Job.objects.exists()


def test_a_failed_import_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(CommandError, match="No records"):
        run("import_jsonl", tmp_path / "empty.jsonl")


def test_a_task_with_its_options(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("apple\nbanana\n")
    words = tmp_path / "words.txt"
    printed = run("import_task", "simplespelling", "--size", 8, "--words", words, "--split", "test", "--stop", 3)
    assert printed.startswith("Imported as “SimpleSpelling test [:3]”")
    assert Conversation.objects.count() == 3


def test_the_same_task_again_is_warned_about_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("apple\nbanana\n")
    command = ("import_task", "simplespelling", "--size", "8", "--words", str(tmp_path / "words.txt"))
    run(*command, "--name", "first")
    said = io.StringIO()
    call_command(*command, "--name", "second", stdout=io.StringIO(), stderr=said)
    assert (
        "Warning: this is already here as “first” (8 conversations). Importing it again doubles it." in said.getvalue()
    )
    assert Conversation.objects.count() == 16


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gsm8k", "--split", "nope"], "allowed: train, test"),
        (["humaneval", "--split", "test"], "no parameter 'split'"),
    ],
)
def test_a_bad_option_of_a_task(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run("import_task", *arguments)


def test_an_interrupt_leaves_a_job_that_can_go_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.conversations.importing.CHUNK_LINES", 2)
    write = JobRun._write

    def interrupted(self: JobRun, progress: Any) -> None:
        write(self, progress)
        if progress.done == 2:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(JobRun, "_write", interrupted)
        with pytest.raises(SystemExit) as ended:
            run("import_jsonl", file)
    job = Job.objects.get(kind="import_upload")
    assert (ended.value.code, job.state, job.done) == (130, Job.State.CANCELLED, 2)
    assert Source.objects.get().state == Source.State.INCOMPLETE
    run("continue_job", job.pk)
    assert Conversation.objects.count() == 5
    assert Source.objects.get().state == Source.State.READY


@pytest.mark.parametrize(("state", "says"), [(Job.State.DONE, "nothing to continue"), (None, "There is no job")])
def test_what_cannot_be_continued(state: str | None, says: str) -> None:
    number = Job.objects.create(kind="import_upload", title="x", state=state).pk if state else 999
    with pytest.raises(CommandError, match=says):
        run("continue_job", number)


def test_progress_is_a_line_now_and_then_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    display = Display()
    job = Job(kind="x", title="Import x", done=2000, total=10_000, unit="lines", seconds_worked=1, state="running")
    display.show(job)
    assert capsys.readouterr().err == ""
    display.end(job)
    assert capsys.readouterr().err == "Import x: 2,000 of 10,000 lines (20 %), 2,000 a second, 4 s left\n"


@pytest.mark.once
def test_a_real_ctrl_c_ends_with_130(embedded: Installation, tmp_path: Path) -> None:
    embedded.manage("migrate", "--verbosity", "0")
    path = tmp_path / "large.jsonl"
    with path.open("wb") as out:
        for number in range(60):
            out.write(as_lines(*[chat(f"question {number} {row}", "x" * 500) for row in range(2000)]))
    command = [sys.executable, "manage.py", "import_jsonl", str(path)]
    with subprocess.Popen(command, cwd=ROOT, env=embedded.environment, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: _rows(embedded) > 0, seconds=60, what="the first rows")
        process.send_signal(signal.SIGINT)
        assert process.stderr
        said = process.stderr.read()
        assert process.wait(30) == 130
    assert "continue_job 1" in said
    embedded.manage("continue_job", "1")
    assert _rows(embedded) == 120_000


def _rows(installation: Installation) -> int:
    with sqlite3.connect(f"file:{installation.data / 'winnow.sqlite3'}?mode=ro", uri=True) as database:
        return int(database.execute("SELECT coalesce(sum(total), 0) FROM conversations_tally").fetchone()[0])
