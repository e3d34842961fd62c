"""An export holds what the recipe says, in the order of tasks_core, and proves it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tasks_core.common import Task, TaskMixture, TaskSequence
from tasks_core.customjson import CustomJSON
from tests.factories import chat, make_conversation, make_source, make_user
from tests.mixtures.helpers import (
    approved,
    begin_export,
    index,
    lines_in,
    make_export,
    make_mixture,
    manifest_of,
    of_source,
    part,
    work,
)
from webapp.conversations.models import Conversation, Source, Status
from webapp.mixtures.actions import search_again
from webapp.mixtures.models import Export, FoundRows

pytestmark = pytest.mark.django_db


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


def system(text: str, *turns: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": text}, *chat(*turns)]


def tool_turns(*parts: tuple[str, str]) -> list[dict[str, Any]]:
    content = [{"type": kind, "text": text} for kind, text in parts]
    return [{"role": "user", "content": "48 / 2?"}, {"role": "assistant", "content": content}]


CALL = (("text", "It is "), ("python", "48/2"), ("python_output", "24"), ("text", "24."))


def test_what_a_line_cannot_hold_is_lowered_and_counted() -> None:
    source = make_source()
    approved(source, system("Be brief.", "Hi", "Hello"))
    approved(source, tool_turns(*CALL))
    export = make_export(make_mixture(of_source(source), order="sequence"))
    assert lines_in(export.path()) == [chat("Be brief.\n\nHi", "Hello"), chat("48 / 2?", "It is <<48/2=24>>24.")]
    (component,) = manifest_of(export)["components"]
    assert component["lowered"] == {"system_merged": 1, "tool_notation": 1}
    assert component["dropped"] == []


def test_what_is_dropped_is_named_and_dropped_before_the_shuffle(tmp_path: Path) -> None:
    source = make_source("S")
    for number in range(6):
        approved(source, chat(f"q{number}", f"a{number}"))
    approved(source, system("Be brief.", "Hi", "Hello"), position=6)
    make_conversation(source, chat("alone"), status=Status.APPROVED, issues=",one_message,")
    mixture = make_mixture(of_source(source), lowering={"system": "drop_example"})
    export = make_export(mixture)
    rest = tmp_path / "rest.jsonl"
    rest.write_text("".join(json.dumps(chat(f"q{number}", f"a{number}")) + "\n" for number in range(6)))
    assert lines_in(export.path()) == conversations(TaskMixture([CustomJSON(rest)]))
    (component,) = manifest_of(export)["components"]
    dropped = {
        entry["reason"]: [(row["source"], row["number"]) for row in entry["named"]] for entry in component["dropped"]
    }
    assert dropped == {"system_message": [("S", 7)], "one_message": [("S", 8)]}
    assert (component["rows"], component["conversations"]) == (8, 6)


def test_a_slice_is_of_the_rows_as_listed_so_a_task_keeps_its_places() -> None:
    source = make_source()
    make_conversation(source, chat("alone"), status=Status.APPROVED, issues=",one_message,")
    for number in range(1, 5):
        approved(source, chat(f"q{number}", f"a{number}"))
    export = make_export(make_mixture(of_source(source, stop=3), order="sequence"))
    assert lines_in(export.path()) == [chat("q1", "a1"), chat("q2", "a2")]


def test_a_search_keeps_what_it_found_but_the_status_counts_as_it_is_now(sources: list[Source]) -> None:
    index(*sources)
    mixture = make_mixture(part({"status": ["approved"], "q": "answer"}), order="sequence")
    Conversation.objects.filter(source=sources[0]).update(status=Status.REJECTED)
    approved(sources[1], chat("new", "answer too"))
    index(*sources)
    assert len(lines_in(make_export(mixture).path())) == 10
    search_again(mixture=mixture, version=mixture.version, by=None)
    mixture.refresh_from_db()
    assert len(lines_in(make_export(mixture).path())) == 11
    assert FoundRows.objects.count() == 1


def test_an_export_that_finds_nothing_says_what_to_do(sources: list[Source]) -> None:
    job = work(begin_export(make_mixture(part({"status": ["rejected"]}))))
    assert job.state == "failed"
    assert "There is nothing to export" in job.error
    assert Export.objects.get().state == Export.State.FAILED


def test_a_component_of_a_source_in_the_trash_counts_as_empty(sources: list[Source]) -> None:
    Source.objects.filter(pk=sources[0].pk).update(deleted_at=timezone.now())
    export = make_export(make_mixture(of_source(sources[0]), of_source(sources[1])))
    assert [component["lines"] for component in manifest_of(export)["components"]] == [0, 3]


def test_the_manifest_says_who_decided(sources: list[Source]) -> None:
    ada = make_user(username="ada")
    Conversation.objects.filter(source=sources[0]).update(reviewer=ada)
    manifest = manifest_of(make_export(make_mixture(of_source(sources[0]), of_source(sources[1]))))
    first, second = (component["reviewed"] for component in manifest["components"])
    assert first == [{"reviewer": "ada", "status": "approved", "conversations": 5}]
    assert second == [{"reviewer": None, "status": "approved", "conversations": 3}]
