"""An export holds what the recipe says, in the order of tasks_core, and proves it."""

import hashlib
import json
from pathlib import Path

import pytest

from tasks_core.common import Task, TaskMixture, TaskSequence
from tasks_core.customjson import CustomJSON
from tests.factories import chat, make_source
from tests.mixtures.helpers import approved, lines_in, make_export, make_mixture, manifest_of, of_source, part
from webapp.conversations.models import Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def sources() -> list[Source]:
    """Three sources, whose names sort by code point in another way than by words: B, a, ä."""
    made = [make_source(name) for name in ("a", "ä", "B")]
    for source, size in zip(made, (5, 3, 7), strict=True):
        for number in range(size):
            approved(source, chat(f"{source.name} {number}?", f"answer {number}"))
    return made


def as_task(folder: Path, source: Source, rows: range | None = None) -> Task:
    """The CustomJSON file that holds what a component over one source shows."""
    texts = [c.text.messages for c in source.conversations.select_related("text").order_by("position")]
    path = folder / f"{source.pk}.jsonl"
    path.write_text("".join(f"{text}\n" for text in texts))
    return CustomJSON(path) if rows is None else CustomJSON(path, start=rows.start, stop=rows.stop, step=rows.step)


def conversations(task: Task) -> list[object]:
    return [conversation["messages"] for conversation in task]


def test_a_mixture_has_the_order_of_task_mixture(sources: list[Source], tmp_path: Path) -> None:
    first, second, third = sources
    mixture = make_mixture(of_source(first, repeats=2), of_source(second), of_source(third, start=1, stop=-1, step=2))
    found = lines_in(make_export(mixture).path())
    one, two = as_task(tmp_path, first), as_task(tmp_path, second)
    assert found == conversations(TaskMixture([one, one, two, as_task(tmp_path, third, range(1, 6, 2))]))
    assert len(found) == 16


def test_a_sequence_has_the_order_of_task_sequence(sources: list[Source], tmp_path: Path) -> None:
    first, second, _ = sources
    mixture = make_mixture(of_source(second), of_source(first, repeats=2), order="sequence")
    one, two = as_task(tmp_path, first), as_task(tmp_path, second)
    assert lines_in(make_export(mixture).path()) == conversations(TaskSequence([two, one, one]))


def test_rows_stand_by_source_name_and_position(sources: list[Source], tmp_path: Path) -> None:
    first, second, third = sources
    found = lines_in(make_export(make_mixture(part(), order="sequence")).path())
    tasks = [as_task(tmp_path, source) for source in (third, first, second)]
    assert found == conversations(TaskSequence(tasks))


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_the_same_recipe_gives_the_same_bytes(sources: list[Source], ending: str) -> None:
    mixture = make_mixture(part(repeats=3))
    one, two = (make_export(mixture, format_name=ending) for _ in range(2))
    assert one.path().read_bytes() == two.path().read_bytes()
    assert one.path().name == f"chat-mix-{one.pk}.{ending}"


def test_the_manifest_says_what_is_in_the_file(sources: list[Source]) -> None:
    export = make_export(make_mixture(of_source(sources[0], repeats=2, stop=3)))
    manifest = manifest_of(export)
    content = export.path().read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert manifest["file"] == {
        "name": export.path().name, "format": "jsonl", "size": len(content), "sha256": digest,
        "plain_size": len(content), "plain_sha256": digest, "lines": 6,
    }  # fmt: skip
    assert (export.sha256, export.size, export.lines, export.state) == (digest, len(content), 6, "ready")
    (component,) = manifest["components"]
    assert (component["rows"], component["rows_in_slice"], component["conversations"], component["lines"]) == (
        5,
        3,
        3,
        6,
    )
    assert component["slice"] == "[:3]"
    assert export.manifest_path().read_text() == export.manifest
    assert json.loads(export.manifest)["recipe"]["seed"] == 42
