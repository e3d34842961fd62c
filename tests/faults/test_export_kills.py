"""An export whose worker is killed, frozen or asked to end: its file is absent or complete, as its manifest says."""

import os
import signal

import pytest

from tests.faults.exports import assert_nothing_left_over, assert_ready, make_mixture, sha256
from tests.faults.stack import RECOVERY_SECONDS, Stack
from tests.servers import wait_until

pytestmark = pytest.mark.faults

MOMENTS = ("lowering", "writing", "before rename", "renamed", "checking", "manifest")


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
