"""Small data for the task library: a folder like the hub and a word list, made once a run."""

import os
from pathlib import Path

import pytest

from tests.tasks_core.small_hub import write_hub

REAL_HUB = os.environ.get("TASKS_CORE_HUB")
REAL_WORDS = os.environ.get("TASKS_CORE_WORDS")

# The tests of the real data are there only for who has the data.
collect_ignore = [] if REAL_HUB and REAL_WORDS else ["test_real_data.py"]

WORDS = ("strawberry", "banana", "kiwi", "o", "mississippi", "queue", "rhythm")


@pytest.fixture(scope="session")
def small_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, written."""
    hub = tmp_path_factory.mktemp("hub")
    write_hub(hub)
    return hub


@pytest.fixture(scope="session")
def datasets_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where datasets keeps what it has read, in this run only."""
    return tmp_path_factory.mktemp("datasets")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that is set or cached on this machine reaches a test."""
    monkeypatch.delenv("TASKS_CORE_HUB", raising=False)
    monkeypatch.delenv("TASKS_CORE_WORDS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, datasets_cache: Path) -> None:
    """Let datasets write into the run's own folder."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", datasets_cache)
    datasets.disable_progress_bars()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, small_hub: Path, own_cache: None) -> Path:
    """The small hub, named by TASKS_CORE_HUB."""
    monkeypatch.setenv("TASKS_CORE_HUB", str(small_hub))
    return small_hub


@pytest.fixture
def new_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_cache: None) -> Path:
    """An empty hub of the test's own, named by TASKS_CORE_HUB."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setenv("TASKS_CORE_HUB", str(folder))
    return folder


@pytest.fixture
def word_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A word list with CRLF line ends, named by TASKS_CORE_WORDS."""
    path = tmp_path / "words.txt"
    path.write_bytes("".join(f"{word}\r\n" for word in WORDS).encode())
    monkeypatch.setenv("TASKS_CORE_WORDS", str(path))
    return path
