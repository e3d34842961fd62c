"""The sandbox's processes: they end with their owner, belong to nobody, and are replaced when they break."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks_core.sandbox import Outcome, Profile, Sandbox
from tests.tasks_core.attacks import SOLUTION, TEST
from tests.tasks_core.sandboxes import began, descendants, profiles

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
EVERY = pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def is_right(sandbox: Sandbox) -> bool:
    return sandbox.judge(head="", code=SOLUTION, test=TEST, entry_point="f").passed


OWNER = """
import sys, threading
from tasks_core.sandbox import Sandbox
from tasks_core.sandbox.profiles import BUBBLEWRAP, LANDLOCK
profile = {"bubblewrap": BUBBLEWRAP, "landlock": LANDLOCK}[sys.argv[1]]
sandbox = Sandbox(profile=profile, seconds=600)
print(sandbox.run("print(1)").outcome, flush=True)
sandbox.run("while True: pass" if sys.argv[2] == "busy" else "print(1)")
print("idle", flush=True)
threading.Event().wait()
"""


@EVERY
@pytest.mark.parametrize("state", ["busy", "idle"])
def test_a_killed_owner_leaves_no_process_behind(profile: Profile, state: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, profile.name, state], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout
        assert owner.stdout.readline() == "pass\n"
        if state == "idle":
            assert owner.stdout.readline() == "idle\n"
        else:
            time.sleep(0.3)
        left = descendants(owner.pid)
        assert len(left) >= (3 if state == "busy" else 2)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        wait_until(lambda: not any(began(process) == then for process, then in left.items()))


@EVERY
def test_closing_leaves_no_process_and_the_next_job_starts_new_ones(profile: Profile) -> None:
    before = descendants(os.getpid())
    with Sandbox(profile=profile) as sandbox:
        assert is_right(sandbox)
        assert len(descendants(os.getpid())) >= len(before) + 2
        sandbox.close()
        wait_until(lambda: descendants(os.getpid()) == before)
        assert is_right(sandbox)
    wait_until(lambda: descendants(os.getpid()) == before)


@EVERY
@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_a_broken_sandbox_is_replaced_and_the_job_done(profile: Profile, which: int) -> None:
    before = descendants(os.getpid())
    with Sandbox(profile=profile) as sandbox:
        for _ in range(2):
            assert is_right(sandbox)
            ours = [process for process in descendants(os.getpid()) if process not in before]
            os.kill(sorted(ours)[which], signal.SIGKILL)
            time.sleep(0.1)
            assert is_right(sandbox)


@EVERY
def test_a_thread_that_ends_does_not_take_the_sandbox_with_it(profile: Profile) -> None:
    with Sandbox(profile=profile) as sandbox:
        thread = threading.Thread(target=is_right, args=(sandbox,))
        thread.start()
        thread.join()
        ours = descendants(os.getpid())
        time.sleep(0.2)
        assert is_right(sandbox)
        assert descendants(os.getpid()) == ours


@EVERY
def test_an_interrupted_job_does_not_answer_the_next_one(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(profile=profile) as sandbox:
        assert is_right(sandbox)

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("tasks_core.sandbox.job.Job.wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                is_right(sandbox)
        assert sandbox.run("print('next')").output == "next\n"


@EVERY
def test_who_runs_code_is_nobody(profile: Profile) -> None:
    before = descendants(os.getpid())
    with Sandbox(profile=profile) as sandbox:
        assert is_right(sandbox)
        warm = {one for one in descendants(os.getpid()) if one not in before and not descendants(one)}
        assert len(warm) == 2
        for process in warm:
            status = Path(f"/proc/{process}/status").read_text()
            expected = 65534 if os.geteuid() == 0 else os.geteuid()
            assert f"Uid:\t{expected}\t{expected}\t{expected}\t{expected}\n" in status
            assert "CapEff:\t0000000000000000\n" in status
            assert "CapPrm:\t0000000000000000\n" in status


FORKING = """
import multiprocessing, os, sys
from tasks_core.sandbox import shared_sandbox
code = "import os\\nprint(os.getpid())"
mine = shared_sandbox()
assert mine.run(code).passed
assert shared_sandbox() is mine
child = os.fork()
if child == 0:
    own = shared_sandbox()
    right = own is not mine and own.run(code).passed and mine.run(code).passed
    sys.stdout.flush()
    os._exit(0 if right else 1)
assert os.waitpid(child, 0)[1] == 0

def work():
    sys.exit(0 if shared_sandbox() is not mine and shared_sandbox().run(code).passed else 1)

worker = multiprocessing.get_context("fork").Process(target=work, daemon=True)  # as the workers of Celery are
worker.start()
worker.join()
assert worker.exitcode == 0
assert mine.run(code).passed
print("done")
"""


def test_a_forked_process_gets_a_sandbox_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORKING], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_a_profile_that_does_not_start_is_infrastructure() -> None:
    with Sandbox(profile=Profile("no such walls", "Made up.")) as sandbox:
        verdict = sandbox.run("print(1)")
    assert verdict.outcome is Outcome.INFRASTRUCTURE
    assert verdict.detail == "The sandbox broke: Made up."
    assert not verdict.passed
