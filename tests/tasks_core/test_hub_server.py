"""The real loading code of datasets against a stand-in for the hub, in a process of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks_core.hub_server import COMMIT, hub_server

ROOT = Path(__file__).parents[2]

PROGRAM = """
import json, sys
from tasks_core.registry import build
for name, parameters in json.loads(sys.argv[1]):
    task = build(name, **parameters)
    print(json.dumps([task.fingerprint, [repr(conversation) for conversation in task]]))
"""

TASKS = [
    ("arc", {"subset": "ARC-Challenge", "split": "validation"}),
    ("mmlu", {"subset": "all", "split": "dev"}),
    ("mmlu", {"subset": "auxiliary_train", "split": "train"}),
    ("gsm8k", {"subset": "socratic", "split": "test"}),
    ("humaneval", {}),
    ("smoltalk", {"split": "train"}),
]


@pytest.fixture
def endpoint(small_hub: Path) -> Iterator[str]:
    """The address of a hub that has the small datasets."""
    server = hub_server(small_hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def read_tasks(tasks: list[tuple[str, dict[str, str]]], **environment: str) -> subprocess.CompletedProcess[str]:
    """Print fingerprint and conversations of tasks in a new process."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TASKS_CORE_"))}
    command = [sys.executable, "-c", PROGRAM, json.dumps(tasks)]
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_hub_and_a_folder_like_it_give_the_same(endpoint: str, small_hub: Path, tmp_path: Path) -> None:
    home = str(tmp_path / "hf")
    from_hub = read_tasks(TASKS, HF_ENDPOINT=endpoint, HF_HUB_DISABLE_XET="1", HF_HOME=home)
    from_folder = read_tasks(TASKS, TASKS_CORE_HUB=str(small_hub), HF_HOME=home, HF_HUB_OFFLINE="1")
    assert from_hub.returncode == 0, from_hub.stderr
    assert from_folder.returncode == 0, from_folder.stderr
    for got, expected in zip(from_hub.stdout.splitlines(), from_folder.stdout.splitlines(), strict=True):
        revision, conversations = json.loads(got)
        fingerprint, conversations_of_folder = json.loads(expected)
        assert revision == f"revision:{COMMIT}"
        assert fingerprint.startswith("sha256:")
        assert len(conversations) > 5
        assert conversations == conversations_of_folder


def test_a_hub_without_the_dataset_is_an_error_that_names_both_ways(endpoint: str, tmp_path: Path) -> None:
    nowhere = f"{endpoint}/nothing"
    result = read_tasks([("gsm8k", {})], HF_ENDPOINT=nowhere, HF_HUB_DISABLE_XET="1", HF_HOME=str(tmp_path))
    assert result.returncode != 0
    assert "DatasetUnavailableError: openai/gsm8k main train cannot be loaded from the hub" in result.stderr
    assert "Connect to the internet, or set TASKS_CORE_HUB" in result.stderr
