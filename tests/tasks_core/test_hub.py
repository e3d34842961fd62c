"""Rows from a folder like the hub: their order, their fingerprint, and what is said when they are not there."""

import os
import pickle
import sys
from pathlib import Path

import datasets
import pytest

from tasks_core.errors import BadRowError, DatasetUnavailableError
from tasks_core.gsm8k import GSM8K
from tasks_core.hub import HubSource
from tasks_core.smoltalk import SmolTalk
from tests.tasks_core.small_hub import gsm8k_rows, smoltalk_rows, write_split

PATH = "openai/gsm8k"


def questions(task: GSM8K) -> list[str]:
    return [conversation["messages"][0]["content"] for conversation in task]


def test_rows_come_in_the_order_of_shuffle(hub: Path) -> None:
    expected = datasets.Dataset.from_list(gsm8k_rows(1300)).shuffle(seed=42)["question"]
    task = GSM8K("main", "train")
    assert len(task) == 1300
    assert questions(task) == list(expected)
    assert [task[index]["messages"][0]["content"] for index in (0, 1, -1)] == [expected[0], expected[1], expected[-1]]


def test_a_view_is_the_slice_of_the_shuffled_rows(hub: Path) -> None:
    everything = questions(GSM8K("main", "train"))
    assert questions(GSM8K("main", "train", start=5, stop=1200, step=7)) == everything[5:1200:7]
    assert questions(GSM8K("main", "train", start=-1, stop=None, step=-600)) == everything[-1::-600]


def test_several_files_are_one_split(hub: Path) -> None:
    expected = datasets.Dataset.from_list(smoltalk_rows(50)).shuffle(seed=42)["messages"]
    assert [conversation["messages"] for conversation in SmolTalk("train")] == list(expected)


def test_a_task_is_pickled_with_its_order(hub: Path) -> None:
    task = GSM8K("main", "test", stop=20)
    assert list(pickle.loads(pickle.dumps(task))) == list(task)


def test_the_fingerprint_changes_with_the_files(new_hub: Path) -> None:
    write_split(new_hub, PATH, "main", "train", gsm8k_rows(3))
    first = GSM8K("main", "train")
    assert first.fingerprint.startswith("sha256:")
    assert first.fingerprint == GSM8K("main", "train", start=1).fingerprint
    (file,) = write_split(new_hub, PATH, "main", "train", gsm8k_rows(4))
    os.utime(file, (1, 1))
    second = GSM8K("main", "train")
    assert len(second) == 4
    assert second.fingerprint != first.fingerprint


def test_a_folder_without_the_dataset_is_named(new_hub: Path) -> None:
    with pytest.raises(DatasetUnavailableError) as caught:
        GSM8K("main", "train")
    assert str(new_hub / PATH / "main") in str(caught.value)
    assert "no train-*.parquet" in str(caught.value)
    assert "unset TASKS_CORE_HUB" in str(caught.value)


def test_a_broken_file_is_named(new_hub: Path) -> None:
    (file,) = write_split(new_hub, PATH, "main", "train", gsm8k_rows(3))
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DatasetUnavailableError, match=r"cannot be read from .*Are its files whole"):
        GSM8K("main", "train")


def test_a_missing_column_is_named(new_hub: Path) -> None:
    write_split(new_hub, PATH, "main", "train", [{"question": "Why?", "reply": "So."}])
    with pytest.raises(DatasetUnavailableError, match="no column 'answer', only question, reply"):
        GSM8K("main", "train")


def test_a_bad_row_is_named_and_the_rows_around_it_are_read(new_hub: Path) -> None:
    rows = gsm8k_rows(5)
    rows[2]["answer"] = None
    write_split(new_hub, PATH, "main", "train", rows)
    task = GSM8K("main", "train")
    order = [
        int(number) for number in datasets.Dataset.from_list(rows).add_column("n", [*range(5)]).shuffle(seed=42)["n"]
    ]
    bad = order.index(2)
    with pytest.raises(BadRowError) as caught:
        task[bad]
    assert str(caught.value) == f"openai/gsm8k main train, row 2 (example {bad}): answer is None, not text"
    reader = iter(task)
    for _ in range(bad):
        next(reader)
    with pytest.raises(BadRowError):
        next(reader)
    assert len(list(task.iter_from(bad + 1))) == 4 - bad


def test_without_datasets_it_is_said_how_to_get_it(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DatasetUnavailableError, match="pip install datasets"):
        GSM8K("main", "train")


def test_without_hub_and_folder_both_ways_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no network")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(DatasetUnavailableError) as caught:
        GSM8K("main", "train")
    assert "ConnectionError: no network" in str(caught.value)
    assert "set TASKS_CORE_HUB to a folder that holds openai/gsm8k/main/train-*.parquet" in str(caught.value)


def test_a_split_without_revision_has_the_fingerprint_of_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    table = datasets.Dataset.from_list(gsm8k_rows(2))
    monkeypatch.setattr(datasets, "load_dataset", lambda *args, **kwargs: table)
    assert GSM8K("main", "train").fingerprint.startswith("datasets:")


def test_a_source_says_what_it_is() -> None:
    assert str(HubSource("a/b", None, folder="data", split="test")) == "a/b test"
