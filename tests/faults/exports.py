"""Mixtures and exports as a browser makes them, and what must be true of an export in the end."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.faults.files import known_file
from tests.faults.stack import Stack

LINES = 5_000
REPEATS = 3


@dataclass
class ExportRow:
    """An export that was asked for."""

    id: int
    job: int
    path: Path

    @property
    def manifest_path(self) -> Path:
        """Where its manifest will be."""
        return self.path.with_name(f"{self.path.name}.manifest.json")


@dataclass
class Mixture:
    """A mixture of one component, LINES conversations, each REPEATS times."""

    winnow: Stack
    id: int
    name: str

    def export(self, format_name: str = "jsonl") -> ExportRow:
        """Ask for an export of it."""
        answer = self.winnow.browser().post(f"/mixtures/{self.id}/export", {"format": format_name})
        export_id = int(re.findall(r"/exports/(\d+)/", answer.location)[0])
        job = self.winnow.value("SELECT job_id FROM mixtures_export WHERE id = ?", export_id)
        path = self.winnow.exports / f"{self.name}-{export_id}.{format_name}"
        return ExportRow(export_id, job, path)


def make_mixture(winnow: Stack, name: str) -> Mixture:
    browser = winnow.browser()
    imported = browser.upload(known_file(name, LINES).content).job
    winnow.wait_for_job(imported)
    source = winnow.value("SELECT id FROM conversations_source WHERE job_id = ?", imported)
    made = browser.post("/mixtures/", {"name": name})
    mixture = int(re.findall(r"/mixtures/(\d+)/", made.location)[0])
    version = winnow.value("SELECT version FROM mixtures_mixture WHERE id = ?", mixture)
    component = {"version": version, "source": source, "repeats": REPEATS}
    added = browser.post(f"/mixtures/{mixture}/components/add", component)
    assert added.status == 302, added.text
    return Mixture(winnow, mixture, name)


def expected_lines() -> int:
    return REPEATS * known_file("", LINES).valid


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_ready(winnow: Stack, export: ExportRow) -> str:
    """The file, the manifest beside it and the row agree; nothing else is left. Returns the SHA-256."""
    winnow.wait_for_job(export.job)
    state, lines, digest = winnow.query("SELECT state, lines, sha256 FROM mixtures_export WHERE id = ?", export.id)[0]
    manifest = json.loads(export.manifest_path.read_text())["file"]
    assert (state, lines, manifest["lines"]) == ("ready", expected_lines(), expected_lines())
    assert sha256(export.path) == digest == manifest["sha256"]
    assert_nothing_left_over(winnow)
    return str(digest)


def assert_nothing_left_over(winnow: Stack) -> None:
    """No temporary of an export is left, or the sweep removes it."""
    folder = winnow.exports
    winnow.poll(lambda: not list(folder.glob(".*")), 30, f"{folder} to be swept: {list(folder.glob('.*'))}")
