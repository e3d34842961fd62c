"""`manage.py export`."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.mixtures.helpers import lines_in, make_export, make_mixture, part
from webapp.common.models import Job
from webapp.conversations.models import Source
from webapp.mixtures.actions import delete_export
from webapp.mixtures.models import Export

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("export", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_it_writes_the_file_and_its_manifest(sources: list[Source], tmp_path: Path, ending: str) -> None:
    mixture = make_mixture(part(), name="Chat / mix")
    out = tmp_path / f"train.{ending}"
    said = run("Chat / mix", "--out", str(out))
    export = Export.objects.get()
    assert lines_in(out) == lines_in(make_export(mixture).path())
    assert Path(f"{out}.manifest.json").read_text() == export.manifest
    assert "Wrote 15 conversations" in said
    assert export.sha256 in said
    assert export.format == ending
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [out.name, f"{out.name}.manifest.json"]


def test_it_speaks_json(sources: list[Source], tmp_path: Path) -> None:
    make_mixture(part())
    found = json.loads(run("chat mix", "--out", str(tmp_path / "a.jsonl"), "--json"))
    assert (found["state"], found["result"]["lines"]) == ("done", 15)


def test_it_can_be_left_to_a_worker(sources: list[Source], tmp_path: Path) -> None:
    make_mixture(part())
    assert "Queued as job" in run("chat mix", "--out", str(tmp_path / "a.jsonl"), "--queue")
    assert Job.objects.get(kind="export").state == Job.State.QUEUED


def test_an_unknown_mixture_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    make_mixture(part())
    with pytest.raises(CommandError, match=r"no mixture called “x”. There are: chat mix."):
        run("x", "--out", str(tmp_path / "a.jsonl"))


def test_a_mixture_without_components_is_refused(tmp_path: Path) -> None:
    make_mixture()
    with pytest.raises(CommandError, match="no components"):
        run("chat mix", "--out", str(tmp_path / "a.jsonl"))


def test_nothing_is_written_over_and_folders_are_not_made(sources: list[Source], tmp_path: Path) -> None:
    make_mixture(part())
    out = tmp_path / "a.jsonl"
    out.write_text("precious")
    with pytest.raises(CommandError, match="is there already"):
        run("chat mix", "--out", str(out))
    with pytest.raises(CommandError, match="There is no folder"):
        run("chat mix", "--out", str(tmp_path / "no" / "a.jsonl"))
    assert out.read_text() == "precious"


def test_nothing_found_ends_the_command_with_the_reason(tmp_path: Path) -> None:
    make_mixture(part())
    with pytest.raises(CommandError, match="nothing to export"):
        run("chat mix", "--out", str(tmp_path / "a.jsonl"))
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_file_that_a_command_wrote_elsewhere_is_not_deleted(sources: list[Source], tmp_path: Path) -> None:
    make_mixture(part())
    out = tmp_path / "a.jsonl"
    run("chat mix", "--out", str(out))
    delete_export(export=Export.objects.get(), by=None)
    assert Export.objects.get().state == Export.State.DELETED
    assert out.exists()
