"""`manage.py verify` proves a file against its manifest, and says what is wrong."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.mixtures.helpers import make_export, make_mixture, manifest_of, part
from webapp.conversations.models import Source
from webapp.mixtures.manifests import manifest_text, seal_of
from webapp.mixtures.models import Export

pytestmark = pytest.mark.django_db


def verify(path: Path, *options: str) -> tuple[int, list[str]]:
    """The exit code, and what was found."""
    out, code = io.StringIO(), 0
    try:
        call_command("verify", path, "--json", *options, stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    found: dict[str, Any] = json.loads(out.getvalue())
    assert found["ok"] == (code == 0)
    return code, found["problems"]


@pytest.fixture
def export(sources: list[Source]) -> Export:
    return make_export(make_mixture(part()))


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_an_export_is_what_its_manifest_says(sources: list[Source], ending: str) -> None:
    made = make_export(make_mixture(part()), format_name=ending)
    assert verify(made.path()) == (0, [])


def test_a_flipped_byte_is_caught(export: Export) -> None:
    content = bytearray(export.path().read_bytes())
    content[content.index(b"answer")] ^= 1
    export.path().write_bytes(content)
    code, (problem,) = verify(export.path())
    assert code == 1
    assert "bytes or lines were changed" in problem


def test_swapped_lines_are_caught(export: Export) -> None:
    first, second, *rest = export.path().read_bytes().splitlines(keepends=True)
    export.path().write_bytes(b"".join([second, first, *rest]))
    code, (problem,) = verify(export.path())
    assert code == 1
    assert "put in another order" in problem


def test_a_missing_line_is_caught(export: Export) -> None:
    export.path().write_bytes(b"".join(export.path().read_bytes().splitlines(keepends=True)[1:]))
    code, problems = verify(export.path())
    assert code == 1
    assert "The number of lines is 14, the manifest says 15." in problems


def test_what_the_loader_refuses_is_named_by_line(export: Export) -> None:
    export.path().write_bytes(export.path().read_bytes() + b'[{"role":"user","content":"hi"}]\n')
    code, problems = verify(export.path())
    assert code == 1
    assert any("line 16" in problem and "at least 2" in problem for problem in problems)


@pytest.mark.parametrize("ending", ["jsonl.gz", "jsonl.zst"])
def test_a_packed_file_that_is_cut_short_is_caught(sources: list[Source], ending: str) -> None:
    made = make_export(make_mixture(part()), format_name=ending)
    made.path().write_bytes(made.path().read_bytes()[:-20])
    code, problems = verify(made.path())
    assert code == 1
    assert problems


def test_an_edited_manifest_is_caught(export: Export) -> None:
    manifest = manifest_of(export)
    manifest["components"][0]["repeats"] = 2
    export.manifest_path().write_text(manifest_text(manifest))
    code, problems = verify(export.path())
    assert code == 1
    assert "The manifest was edited: its own SHA-256 does not fit what it says." in problems


def test_an_edited_manifest_with_a_new_seal_differs_from_the_one_that_is_kept(export: Export) -> None:
    manifest = manifest_of(export)
    manifest["components"][0]["repeats"] = 2
    manifest["manifest_sha256"] = seal_of(manifest)
    export.manifest_path().write_text(manifest_text(manifest))
    code, problems = verify(export.path())
    assert (code, problems) == (1, ["The manifest is not the one that this Winnow keeps for the export."])


def test_a_manifest_of_another_installation_is_enough(export: Export) -> None:
    Export.objects.all().delete()
    assert verify(export.path()) == (0, [])


def test_the_manifest_may_lie_elsewhere(export: Export, tmp_path: Path) -> None:
    elsewhere = export.manifest_path().rename(tmp_path / "proof.json")
    assert verify(export.path(), "--manifest", str(elsewhere)) == (0, [])
    assert verify(export.path())[0] == 2


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"kind": "winnow export", "file": {}}', "\x00"])
def test_what_is_no_manifest_cannot_be_checked_against(export: Export, content: str) -> None:
    export.manifest_path().write_text(content)
    code, (problem,) = verify(export.path())
    assert code == 2
    assert "is not the manifest of an export" in problem


def test_a_missing_file_cannot_be_checked(tmp_path: Path) -> None:
    code, (problem,) = verify(tmp_path / "nowhere.jsonl")
    assert code == 2
    assert "There is no file" in problem
