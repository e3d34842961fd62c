"""Importing tasks: every row in the task's order, resumed anywhere, errors in plain words."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks_core.errors import BadArgumentError, BadRowError
from tasks_core.registry import build
from tests.conversations.importing import MadeTask, counts, problems, work
from tests.factories import chat
from webapp.common.errors import Conflict
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations import task_imports
from webapp.conversations.actions.sources import delete_source, import_task, restore_source
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.models import Conversation, ConversationText, Source, SubjectTally
from webapp.conversations.task_imports import find_same_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.txt").write_text("apple\nbanana\ncherry\n")
    monkeypatch.setenv("TASKS_CORE_WORDS", str(tmp_path / "words.txt"))


def spelling(size: int = 10, **values: Any) -> Job:
    return import_task(task="spellingbee", values={"size": size, **values}, send=False)


def made(monkeypatch: pytest.MonkeyPatch, rows: list[Any]) -> Job:
    """An import of a task with these rows."""
    job = spelling(len(rows))
    monkeypatch.setattr(task_imports, "open_task", lambda _name, _values: MadeTask(rows))
    return job


def stored() -> Iterator[list[Any]]:
    for text in ConversationText.objects.order_by("conversation_id"):
        yield list(messages_of(text.messages))


def test_every_row_is_kept_in_the_order_of_the_task() -> None:
    done = work(spelling(10))
    task = build("spellingbee", size=10)
    assert (done.state, counts(done)) == (Job.State.DONE, (10, 10, 0, 0))
    assert list(stored()) == [row["messages"] for row in task]
    source = Source.objects.get()
    assert (source.state, source.name, source.task) == (Source.State.READY, "SpellingBee train", "spellingbee")
    assert source.fingerprint == task.fingerprint
    assert source.parameters["size"] == 10


def test_rows_that_stand_twice_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert counts(work(made(monkeypatch, [chat("a", "b")] * 3))) == (3, 3, 0, 0)


def test_slices_are_pythons(monkeypatch: pytest.MonkeyPatch) -> None:
    work(spelling(10, start=-4, step=2))
    assert list(stored()) == [row["messages"] for row in build("spellingbee", size=10, start=-4, step=2)]


def test_metadata_and_subjects_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"messages": chat("a", "b"), "letters": ("A", "B"), "subject": "anatomy"}
    work(made(monkeypatch, [row]))
    assert json.loads(ConversationText.objects.get().metadata) == {"letters": ["A", "B"], "subject": "anatomy"}
    assert Conversation.objects.get().subject == "anatomy"
    assert SubjectTally.objects.get().total == 1


def test_a_row_that_cannot_be_stored_leaves_its_place_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [chat("a", "b"), BadRowError("row 1: no answer"), chat("c", "d"), {"messages": "no"}, chat("e", "f")]
    done = work(made(monkeypatch, rows))
    assert (done.state, counts(done)) == (Job.State.DONE, (5, 3, 0, 2))
    assert list(Conversation.objects.order_by("id").values_list("position", flat=True)) == [0, 2, 4]
    assert [text.split(":")[0] for text in problems(done)] == ["line 2", "line 4"]


def test_it_goes_on_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_imports, "CHUNK", 3)
    job = spelling(10)
    for _ in range(10):
        run_slice(job.pk, slice_seconds=-1)
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE
    assert list(stored()) == [row["messages"] for row in build("spellingbee", size=10)]


def test_a_range_without_examples_says_so() -> None:
    done = work(spelling(10, start=50))
    assert (done.state, "leave no examples" in done.error, done.final) == (Job.State.FAILED, True, True)
    assert not Source.objects.exists()


def test_data_that_cannot_be_had_fails_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hub" / "openai" / "gsm8k").mkdir(parents=True)
    monkeypatch.setenv("TASKS_CORE_HUB", str(tmp_path / "hub"))
    done = work(import_task(task="gsm8k", values={}, send=False))
    assert done.state == Job.State.FAILED
    assert "no train-*.parquet" in done.error
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"size": "x"}, "integers"),
        ({"nothing": 1}, "no parameter"),
        ({"split": "x"}, "train"),
        ({"step": 0}, "step is 0"),
    ],
)
def test_bad_parameters_queue_nothing(values: dict[str, Any], says: str) -> None:
    with pytest.raises(BadArgumentError, match=says):
        import_task(task="spellingbee", values=values, send=False)
    assert not Job.objects.exists()


def test_a_word_list_that_is_not_there_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKS_CORE_WORDS", "/nowhere/words.txt")
    with pytest.raises(BadArgumentError, match="no such file"):
        spelling()


def test_a_name_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    import_task(task="spellingbee", values={"size": 3}, name="mine", send=False)
    with pytest.raises(Conflict, match="already"):
        import_task(task="spellingbee", values={"size": 3}, name="mine", send=False)
    assert Job.objects.count() == 1


def test_a_deleted_import_comes_back_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_imports, "CHUNK", 3)
    job = spelling(10)
    run_slice(job.pk, slice_seconds=-1)
    run_slice(job.pk, slice_seconds=-1)
    source = Source.objects.get()
    delete_source(source=source, by=None)
    assert work(job).state == Job.State.CANCELLED
    restore_source(source=source, by=None)
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    assert counts(work(job)) == (10, 10, 0, 0)
    assert Source.objects.get().state == Source.State.READY


def test_only_what_is_all_there_with_the_same_values_is_the_same() -> None:
    values = {"size": 10, "split": "train"}
    assert find_same_task("spellingbee", values) is None
    job = spelling(10)
    assert find_same_task("spellingbee", values) is None
    work(job)
    source = Source.objects.get()
    assert find_same_task("spellingbee", {"size": "10"}) == source
    assert find_same_task("spellingbee", {"size": 11}) is None
    assert find_same_task("simplespelling", values) is None
    delete_source(source=source, by=None)
    assert find_same_task("spellingbee", values) is None
