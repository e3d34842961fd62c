"""How an import runs: duplicates, the same file again, slices, kills, cancelling, what stays on disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.conversations.importing import as_lines, counts, import_bytes, problems, source_of, work, zipped
from tests.factories import chat
from webapp.common.actions import cancel_job, continue_job
from webapp.common.models import Job
from webapp.common.running import JobRun, run_slice
from webapp.conversations import importing, uploads
from webapp.conversations.actions.sources import delete_source, import_file, import_upload, purge_source, restore_source
from webapp.conversations.models import Conversation, Source, Tally
from webapp.conversations.uploads import Upload, upload_folder

pytestmark = pytest.mark.django_db


def lines(count: int, *, first: int = 0) -> bytes:
    return as_lines(*[chat(f"question {number}", f"answer {number}") for number in range(first, first + count)])


def uploaded(content: bytes, *, name: str = "data.jsonl", sha256: str = "") -> Job:
    (upload_folder() / "token").write_bytes(content)
    return import_upload(upload=Upload("token", name, len(content), sha256 or name), by=None, send=False)


def on_disk() -> list[str]:
    return sorted(file.name for file in upload_folder().iterdir())


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def _die(_job: Job) -> None:
    raise Killed


def let_lease_run_out(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00Z")


def test_it_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    job = import_bytes(tmp_path, lines(30))
    previews = list(Conversation.objects.order_by("id").values_list("position", "preview"))
    assert previews == [(number, f"question {number}") for number in range(30)]
    assert job.percent() == 100


def test_a_conversation_of_another_source_is_a_duplicate(tmp_path: Path) -> None:
    import_bytes(tmp_path, lines(3), name="one.jsonl")
    job = import_bytes(tmp_path, lines(3, first=2), name="two.jsonl")
    assert counts(job) == (3, 2, 1, 0)
    assert problems(job) == ["line 1: duplicate of conversation 3 of “one”"]


def test_what_lies_in_the_trash_is_no_duplicate(tmp_path: Path) -> None:
    first = source_of(import_bytes(tmp_path, lines(3), name="one.jsonl"))
    assert first is not None
    delete_source(source=first, by=None)
    assert counts(import_bytes(tmp_path, lines(3), name="two.jsonl")) == (3, 3, 0, 0)


def test_duplicates_are_kept_when_asked_for(tmp_path: Path) -> None:
    import_bytes(tmp_path, lines(3))
    job = import_bytes(tmp_path, lines(3) + lines(3), keep_duplicates=True)
    assert counts(job) == (6, 6, 0, 0)


def test_the_same_file_again_adds_nothing_and_says_so(tmp_path: Path) -> None:
    import_bytes(tmp_path, lines(3), name="first.jsonl")
    job = import_bytes(tmp_path, lines(3), name="again.jsonl")
    assert (job.state, counts(job)) == (Job.State.DONE, (0, 0, 0, 0))
    assert job.result["same_as"]["name"] == "first"
    assert (source_of(job), Source.objects.count()) == (None, 1)


def test_the_same_file_after_an_import_that_stopped_brings_the_rest(tmp_path: Path) -> None:
    source = source_of(import_bytes(tmp_path, lines(3), name="first.jsonl"))
    assert source is not None
    Source.objects.filter(pk=source.pk).update(state=Source.State.INCOMPLETE)
    job = import_bytes(tmp_path, lines(3), name="again.jsonl")
    assert counts(job) == (3, 0, 3, 0)


def test_no_empty_source_is_left_behind(tmp_path: Path) -> None:
    job = import_bytes(tmp_path, b'{"id": 1}\n{"id": 2}\n')
    assert (job.state, counts(job)) == (Job.State.DONE, (2, 0, 0, 2))
    assert not Source.objects.exists()


def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    for start in (0, 10, 20):
        import_bytes(tmp_path, lines(2, first=start), name="data.jsonl")
    assert set(Source.objects.values_list("name", flat=True)) == {"data", "data (2)", "data (3)"}


def test_slices_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_LINES", 4)
    (tmp_path / "data.jsonl").write_bytes(lines(10))
    job = import_file(path=tmp_path / "data.jsonl", send=False)
    slices = 0
    while not job.is_finished():
        found = run_slice(job.pk, slice_seconds=-1)
        assert found is not None
        job, slices = found, slices + 1
    assert slices > 2
    assert counts(job) == (10, 10, 0, 0)
    assert list(Conversation.objects.order_by("id").values_list("position", flat=True)) == list(range(10))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("packed", [False, True])
def test_a_kill_anywhere_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, number: int, packed: bool
) -> None:
    monkeypatch.setattr(importing, "CHUNK_LINES", 3)
    content = lines(10) + b"bad\n" + lines(1)
    job = uploaded(zipped(content) if packed else content)
    with monkeypatch.context() as patch:
        _kill(patch, number, before_commit=when == "before")
        try:
            run_slice(job.pk, slice_seconds=None)
        except Killed:
            let_lease_run_out(job)
    done = work(job) if not Job.objects.get(pk=job.pk).is_finished() else Job.objects.get(pk=job.pk)
    assert (done.state, counts(done)) == (Job.State.DONE, (12, 10, 1, 1))
    assert problems(done)[0].startswith("line 11: ")
    assert Conversation.objects.count() == 10 == Tally.objects.get().total
    assert Source.objects.get().state == Source.State.READY
    assert on_disk() == []


def _kill(patch: pytest.MonkeyPatch, number: int, *, before_commit: bool) -> None:
    """Die at the chunk of this number, right before its commit or right after."""
    write, chunk = JobRun._write, iter(range(1000))

    def dying(self: JobRun, *args: Any) -> None:
        last = next(chunk) == number
        if last and before_commit:
            raise Killed
        write(self, *args)
        if last:
            self.on_progress = _die

    patch.setattr(JobRun, "_write", dying)


def test_a_kill_after_the_last_chunk_leaves_the_source_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    job = uploaded(lines(3))
    with monkeypatch.context() as patch:
        patch.setattr(importing, "discard_files", _discard_and_die)
        with pytest.raises(Killed):
            run_slice(job.pk, slice_seconds=None)
    let_lease_run_out(job)
    assert (work(job).state, Source.objects.get().state) == (Job.State.DONE, Source.State.READY)


def _discard_and_die(job: Job) -> None:
    uploads.discard_files(job)
    raise Killed


def test_cancelled_it_keeps_what_came_before_and_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_LINES", 4)
    job = uploaded(lines(10))
    run_slice(job.pk, slice_seconds=-1)
    cancel_job(job=job, by=None)
    stopped = run_slice(job.pk, slice_seconds=None)
    assert stopped is not None
    source = Source.objects.get()
    assert (stopped.state, source.state) == (Job.State.CANCELLED, Source.State.INCOMPLETE)
    assert 0 < Conversation.objects.count() < 10
    assert on_disk() == ["token"]
    continue_job(job=stopped, by=None, send=False)
    assert counts(work(stopped)) == (10, 10, 0, 0)
    assert Source.objects.get().state == Source.State.READY


def test_cancelled_before_it_began_it_leaves_no_source_and_can_go_on() -> None:
    job = uploaded(lines(3))
    cancel_job(job=job, by=None)
    assert not Source.objects.exists()
    job.refresh_from_db()
    continue_job(job=job, by=None, send=False)
    assert counts(work(job)) == (3, 3, 0, 0)
    assert Source.objects.get().name == "data"


def test_deleting_the_source_stops_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_LINES", 4)
    job = uploaded(lines(10))
    run_slice(job.pk, slice_seconds=-1)
    delete_source(source=Source.objects.get(), by=None)
    assert work(job).state == Job.State.CANCELLED
    stopped = Job.objects.get(pk=job.pk)
    continue_job(job=stopped, by=None, send=False)
    assert "in the trash" in work(stopped).error


def test_an_import_deleted_before_it_began_comes_back_incomplete() -> None:
    job = uploaded(lines(3))
    source = Source.objects.get()
    delete_source(source=source, by=None)
    restore_source(source=source, by=None)
    assert Source.objects.get().state == Source.State.INCOMPLETE
    continue_job(job=Job.objects.get(pk=job.pk), by=None, send=False)
    assert counts(work(job)) == (3, 3, 0, 0)


def test_an_import_that_stops_late_leaves_its_source_to_the_purge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_LINES", 4)
    job = uploaded(lines(10))
    run_slice(job.pk, slice_seconds=-1)
    source = Source.objects.get()
    delete_source(source=source, by=None)
    purging = purge_source(source=source, by=None)
    assert purge_source(source=source, by=None) == purging
    assert work(job).state == Job.State.CANCELLED
    assert work(purging).state == Job.State.DONE
    assert not Source.objects.exists()


def test_no_chunk_is_stored_in_a_source_that_went_to_the_trash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_LINES", 4)
    job = uploaded(lines(10))
    read, source = importing._chunks, Source.objects.get()

    def deleted_meanwhile(*args: Any) -> Iterator[importing.Chunk]:
        for chunk in read(*args):
            yield chunk
            Source.objects.filter(pk=source.pk).update(deleted_at=timezone.now())

    monkeypatch.setattr(importing, "_chunks", deleted_meanwhile)
    assert work(job).state == Job.State.CANCELLED
    assert Conversation.objects.count() == 4 == Job.objects.get(pk=job.pk).result["accepted"]


def test_a_file_that_changed_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_LINES", 4)
    path = tmp_path / "data.jsonl"
    path.write_bytes(lines(10))
    job = import_file(path=path, send=False)
    run_slice(job.pk, slice_seconds=-1)
    path.write_bytes(lines(20, first=100))
    done = work(job)
    assert done.state == Job.State.FAILED
    assert "has changed" in done.error


def test_a_file_in_place_stays_and_an_upload_goes(tmp_path: Path) -> None:
    import_bytes(tmp_path, zipped(lines(3)), name="data.jsonl.gz")
    assert (tmp_path / "data.jsonl.gz").exists()
    work(uploaded(lines(3, first=5)))
    assert on_disk() == []


def test_the_preparation_shows_itself_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    job = uploaded(zipped(lines(1000)))
    steps: list[str] = []

    def cancel_at_once(shown: Job) -> None:
        steps.append(shown.step)
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)

    done = run_slice(job.pk, slice_seconds=None, on_progress=cancel_at_once)
    assert done is not None
    assert done.state == Job.State.CANCELLED
    assert steps == ["unpacking, 100 %"]
    assert on_disk() == ["token"]


def test_the_sweep_keeps_what_can_be_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    job = uploaded(lines(3))
    (upload_folder() / "orphan").write_bytes(b"x")
    monkeypatch.setattr(uploads, "ORPHAN_SECONDS", -10)
    uploads.sweep_uploads()
    assert on_disk() == ["token"]
    cancel_job(job=job, by=None)
    uploads.sweep_uploads()
    assert on_disk() == ["token"]
    Job.objects.filter(pk=job.pk).update(finished_at="2000-01-01T00:00Z")
    uploads.sweep_uploads()
    assert on_disk() == []


def test_a_full_disk_stops_the_import_and_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    job = uploaded(zipped(lines(100)))

    def no_space(*_args: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("webapp.conversations.preparing.prepare", no_space)
        stopped = work(job)
    assert "disk is full" in stopped.error
    continue_job(job=stopped, by=None, send=False)
    assert counts(work(stopped)) == (100, 100, 0, 0)
