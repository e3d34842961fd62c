"""An export whose worker is killed, frozen or asked to end: its file is absent or complete, as its manifest says."""

import hashlib
import json
import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.files import known_file
from tests.faults.outcomes import assert_nothing_left_over
from tests.faults.stack import RECOVERY_SECONDS, Stack
from tests.servers import wait_until

pytestmark = pytest.mark.faults

LINES = 5_000
REPEATS = 3
MOMENTS = ("lowering", "writing", "before rename", "renamed", "checking", "manifest")


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
        path = self.winnow.installation.data / "exports" / f"{self.name}-{export_id}.{format_name}"
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


def test_an_export_survives_kills_at_every_moment(winnow: Stack) -> None:
    mixture = make_mixture(winnow, "kill-export")
    whole = assert_ready(winnow, mixture.export())
    for moment in MOMENTS:
        winnow.holds.set(moment)
        export = mixture.export()
        os.kill(winnow.wait_for_hold(moment), signal.SIGKILL)
        # Absent or complete; nobody can take it before it has been checked.
        assert not export.path.exists() or sha256(export.path) == whole
        assert export.path.exists() == (moment in {"renamed", "checking", "manifest"})
        assert winnow.browser().get(f"/exports/{export.id}/download").status == 404
        winnow.holds.release()
        assert assert_ready(winnow, export) == whole
    verified = winnow.installation.manage("verify", str(export.path), check=False)
    assert verified.returncode == 0, verified.stderr


def test_an_export_survives_the_kill_of_the_whole_worker(winnow: Stack) -> None:
    mixture = make_mixture(winnow, "kill-all")
    winnow.holds.set("writing")
    export = mixture.export("jsonl.gz")
    winnow.wait_for_hold("writing")
    winnow.worker.kill()
    winnow.holds.release()
    winnow.worker.start()
    assert_ready(winnow, export)


def test_a_cancelled_export_leaves_nothing(winnow: Stack) -> None:
    mixture = make_mixture(winnow, "cancel-export")
    winnow.holds.set("manifest part")
    export = mixture.export()
    pid = winnow.wait_for_hold("manifest part")
    assert winnow.browser().post(f"/jobs/{export.job}/cancel", {}).status == 302
    os.kill(pid, signal.SIGKILL)
    winnow.holds.release()
    winnow.wait_for_job(export.job, "cancelled")
    assert not export.path.exists()
    assert not export.manifest_path.exists()
    assert_nothing_left_over(winnow)


def test_a_worker_that_is_asked_to_end_gives_its_export_back(winnow: Stack) -> None:
    mixture = make_mixture(winnow, "end-export")
    winnow.holds.set("writing")
    export = mixture.export("jsonl.gz")
    winnow.wait_for_hold("writing")
    worker = winnow.worker.process
    assert worker
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: "Warm shutdown" in winnow.worker.log[-3000:], what="the worker to end")
    winnow.holds.release()
    winnow.worker.stop(seconds=20)
    job = winnow.job(export.job)
    assert (job.state, job.lease_until, job.attempts) == ("queued", None, 0)
    winnow.worker.start()
    assert_ready(winnow, export)


def test_a_frozen_worker_does_not_spoil_the_export_of_the_next(production_winnow: Stack) -> None:
    winnow = production_winnow
    mixture = make_mixture(winnow, "frozen-export")
    winnow.holds.set("writing")
    export = mixture.export()
    winnow.wait_for_hold("writing")
    winnow.worker.suspend()
    try:
        fence = winnow.job(export.job).fence
        winnow.start_worker("other")
        winnow.poll(lambda: winnow.job(export.job).fence > fence, RECOVERY_SECONDS, "another worker on the job")
        assert_ready(winnow, export)
    finally:
        winnow.holds.release()
        winnow.worker.resume()
    wait_until(lambda: f"Job {export.job}" in winnow.worker.log, what="the first worker to be refused")
    assert_ready(winnow, export)
