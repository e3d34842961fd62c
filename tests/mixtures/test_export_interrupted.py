"""An export that is interrupted, changed under its hands, or runs out of room."""

import errno
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import chat, make_source
from tests.mixtures.helpers import approved, begin_export, lines_in, make_export, make_mixture, of_source, part, work
from webapp.common.actions import cancel_job, continue_job
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.models import Conversation, ConversationText, Revision, Source
from webapp.mixtures import exporting, writing
from webapp.mixtures.models import Export, exports_folder
from webapp.mixtures.tidying import sweep_leftovers

pytestmark = pytest.mark.django_db


@pytest.fixture
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every few rows are a chunk of their own, and every chunk ends a slice."""
    monkeypatch.setattr(exporting, "PROGRESS_SECONDS", -1)
    monkeypatch.setattr(exporting, "BLOCK_ROWS", 2)
    monkeypatch.setattr(exporting, "SCAN_ROWS", 4)


def hidden() -> list[str]:
    return [path.name for path in exports_folder().iterdir() if path.name.startswith(".")]


@pytest.mark.usefixtures("_small_steps")
@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_many_slices_write_the_same_file(sources: list[Source], ending: str) -> None:
    for text in ("One", "Two", "Three"):
        approved(sources[1], [{"role": "system", "content": text}, *chat("Hi", "Hello")])
    mixture = make_mixture(part(repeats=2), part(start=1, stop=9, step=3))
    whole = make_export(mixture, format_name=ending)
    cut = begin_export(mixture, format_name=ending)
    slices = 0
    while (job := run_slice(cut.job_id or 0, slice_seconds=0)) and not job.is_finished():
        slices += 1
    assert job is not None
    assert job.state == Job.State.DONE, job.error
    assert slices > 4
    assert cut.path().read_bytes() == whole.path().read_bytes()
    assert hidden() == []


def after_listing(export: Export, change: Callable[[], Any]) -> Job:
    """Run the export up to its first chunk, change something, and run the rest."""
    run_slice(export.job_id or 0, slice_seconds=0)
    change()
    return work(export)


@pytest.mark.usefixtures("_small_steps")
def test_a_text_that_is_edited_meanwhile_is_exported_as_it_was(sources: list[Source]) -> None:
    edited = Conversation.objects.filter(source=sources[0]).earliest("id")
    text = ConversationText.objects.get(pk=edited.pk)
    mixture = make_mixture(of_source(sources[0]), order="sequence")

    def edit() -> None:
        ConversationText.objects.filter(pk=edited.pk).update(messages="[1]", original=text.messages)

    export = begin_export(mixture)
    assert after_listing(export, edit).state == Job.State.DONE
    assert lines_in(export.path())[0] == text.message_list()


@pytest.mark.usefixtures("_small_steps")
def test_a_text_edited_twice_is_taken_from_its_history() -> None:
    source = make_source()
    kept = approved(source, chat("second", "version"))
    second = kept.text.messages
    for number in range(4):
        approved(source, chat(f"q{number}", f"a{number}"))
    Revision.objects.create(conversation=kept, version=2, messages=second, content_hash=kept.content_hash)
    texts = ConversationText.objects.filter(pk=kept.pk)
    export = begin_export(make_mixture(of_source(source), order="sequence"))
    job = after_listing(export, lambda: texts.update(messages="[3]", original="[1]"))
    assert job.state == Job.State.DONE
    assert lines_in(export.path())[0] == chat("second", "version")


@pytest.mark.usefixtures("_small_steps")
def test_a_purged_conversation_stops_it_and_continue_begins_anew(sources: list[Source]) -> None:
    export = begin_export(make_mixture(part(), order="sequence"))
    gone = Conversation.objects.filter(source=sources[2]).earliest("id")

    def purge() -> None:
        ConversationText.objects.filter(pk=gone.pk).delete()
        gone.delete()

    job = after_listing(export, purge)
    assert job.state == Job.State.FAILED
    assert "was deleted while the export ran" in job.error
    assert hidden() == []
    continue_job(job=job, by=None)
    assert work(export).state == Job.State.DONE
    assert len(lines_in(export.path())) == 14


def test_a_full_disk_says_so_and_continue_works(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    mixture = make_mixture(part())
    earlier = make_export(mixture)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    export = begin_export(mixture)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_all", full)
        job = work(export)
    assert job.state == Job.State.FAILED
    assert "The disk is full" in job.error
    assert export.state == Export.State.FAILED
    assert not export.path().exists()
    assert hidden() == []
    assert len(lines_in(earlier.path())) == 15
    continue_job(job=job, by=None)
    assert work(export).state == Job.State.DONE
    assert export.path().read_bytes() == earlier.path().read_bytes()


def test_a_file_that_fails_its_check_is_removed(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    export = begin_export(make_mixture(part()))
    with monkeypatch.context() as patch:
        patch.setattr(exporting, "place_file", lambda source, target: target.write_bytes(source.read_bytes()[:-9]))
        job = work(export)
    assert job.state == Job.State.FAILED
    assert "did not pass the check" in job.error
    assert not export.path().exists()
    assert export.manifest == ""


def test_cancelling_leaves_nothing_behind(sources: list[Source]) -> None:
    export = begin_export(make_mixture(part()))
    run_slice(export.job_id or 0, slice_seconds=0)
    cancel_job(job=Job.objects.get(kind="export"), by=None)
    job = work(export)
    assert (job.state, export.state) == (Job.State.CANCELLED, Export.State.CANCELLED)
    assert hidden() == []
    assert not export.path().exists()


def test_the_sweep_removes_what_nobody_works_on(sources: list[Source]) -> None:
    export = begin_export(make_mixture(part()))
    run_slice(export.job_id or 0, slice_seconds=0)
    used = hidden()
    assert len(used) == 1
    exports_folder().joinpath(f".making-{export.pk}-999").mkdir()
    exports_folder().joinpath(".making-12345-1").mkdir()
    exports_folder().joinpath(f".x.jsonl.{export.pk}-999.part").write_text("half")
    exports_folder().joinpath("notes.txt").write_text("mine")
    sweep_leftovers()
    assert hidden() == used
    assert exports_folder().joinpath("notes.txt").exists()
