"""Which walls are chosen, and that a self-test finds the holes in them."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks_core.errors import SandboxMissingError, SandboxRefused
from tasks_core.sandbox import Outcome, Profile, Sandbox, choose_profile, selftest, shared_sandbox
from tasks_core.sandbox.profiles import BUBBLEWRAP
from tasks_core.sandbox.runtime import Command
from tests.tasks_core.attacks import SOLUTION, TEST
from tests.tasks_core.sandboxes import possible, profiles

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]


@pytest.fixture
def _choosing_anew() -> Iterator[None]:
    choose_profile.cache_clear()
    yield
    choose_profile.cache_clear()


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
def test_what_the_kernel_allows_works(profile: Profile) -> None:
    assert selftest.faults(profile) == ""


@pytest.mark.usefixtures("_choosing_anew")
def test_the_first_that_works_is_chosen() -> None:
    chosen = choose_profile()
    assert chosen.name == [*possible(), "none"][0]
    assert chosen.works
    assert choose_profile() is chosen
    assert shared_sandbox().profile.name == chosen.name
    assert shared_sandbox().run("print(1)").output == "1\n"


@pytest.mark.usefixtures("_choosing_anew")
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "bubblewrap (bwrap) is not installed"),
        ("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n", "setting up uid map"),
        ("#!/bin/sh\nexit 0\n", "the process did not start"),
    ],
    ids=["missing", "refused", "silent"],
)
def test_without_bubblewrap_landlock_is_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None, reason: str
) -> None:
    if script:
        (tmp_path / "bwrap").write_text(script)
        (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert reason in selftest.faults(BUBBLEWRAP)
    chosen = choose_profile()
    assert chosen.name == ("landlock" if "landlock" in possible() else "none")
    assert reason in chosen.description
    with Sandbox() as sandbox:
        verdict = sandbox.judge(head="", code=SOLUTION, test=TEST, entry_point="f")
        assert (verdict.profile, verdict.passed) == (chosen.name, chosen.works)


@pytest.mark.usefixtures("_choosing_anew")
def test_where_nothing_works_code_is_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(selftest, "faults", lambda profile: f"no {profile.name} here")
    chosen = choose_profile()
    assert (chosen.name, chosen.works) == ("none", False)
    assert "bubblewrap: no bubblewrap here; landlock: no landlock here" in chosen.description
    target = tmp_path / "written"
    with Sandbox() as sandbox:
        code = f"open({str(target)!r}, 'w').close()\n{SOLUTION}"
        for verdict in (sandbox.judge(head="", code=code, test=TEST, entry_point="f"), sandbox.run(code)):
            assert (verdict.outcome, verdict.passed) == (Outcome.INFRASTRUCTURE, False)
            assert (verdict.detail, verdict.profile) == (chosen.description, "none")
    assert not target.exists()
    assert issubclass(SandboxRefused, SandboxMissingError)


@pytest.mark.usefixtures("_choosing_anew")
def test_on_another_system_code_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert choose_profile().name == "none"
    assert "bubblewrap: it needs Linux; landlock: it needs Linux" in choose_profile().description


class WithAHole(Profile):
    """Bubblewrap that shows more than it should."""

    hole: tuple[str, ...] = ()

    def command(self, role: str) -> Command:
        command = BUBBLEWRAP.command(role)
        last = len(command.arguments) - command.arguments[::-1].index("--remount-ro") - 1
        return replace(command, arguments=[*command.arguments[:last], *self.hole, *command.arguments[last:]])


@pytest.mark.parametrize(
    ("hole", "found"),
    [
        (("--dir", "/etc", "--dir", "/home", "--tmpfs", "/home"), "code can list folders"),
        (("--dir", "/var", "--tmpfs", "/var/tmp"), "code can write files"),
    ],
)
def test_the_self_test_finds_a_hole(hole: tuple[str, ...], found: str) -> None:
    profile = WithAHole("bubblewrap", "With a hole.")
    object.__setattr__(profile, "hole", hole)
    if "bubblewrap" in possible():
        assert selftest.faults(profile) == found


@pytest.fixture
def _no_filter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The sandbox's own side, with a filter that lets everything through."""
    folder = Path(tempfile.mkdtemp(prefix="tasks-core-"))
    folder.chmod(0o755)
    inside = shutil.copytree(ROOT / "tasks_core/sandbox/inside", folder / "inside")
    text = (inside / "seccomp.py").read_text()
    (inside / "seccomp.py").write_text(
        text.replace("yield from _answers(numbers, ALLOWED, ALLOW)", "yield _end(ALLOW)")
    )
    monkeypatch.setattr("tasks_core.sandbox.runtime.INSIDE", inside)
    yield
    shutil.rmtree(folder)


@pytest.mark.usefixtures("_no_filter")
@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
def test_the_self_test_finds_a_missing_filter(profile: Profile) -> None:
    found = selftest.faults(profile)
    assert "use sockets" in found
    assert "start processes" in found


COUNT_FORKS = """
import os, time
count = 0
try:
    while count < 1000:
        if os.fork() == 0:
            time.sleep(60)
        count += 1
finally:
    print(count)
"""


@pytest.mark.usefixtures("_no_filter")
def test_without_the_filter_bubblewrap_still_limits_processes() -> None:
    with Sandbox(profile=BUBBLEWRAP) as sandbox:
        if "bubblewrap" in possible():
            assert 10 < int(sandbox.run(COUNT_FORKS).output) < 64


AS_USER = """
import os, sys
sys.path.insert(0, {place!r})
from tasks_core.sandbox import Sandbox, choose_profile
from tasks_core.sandbox.profiles import BUBBLEWRAP, LANDLOCK
from tests.tasks_core.attacks import ATTACKS, SOLUTION, TEST
print(os.getuid(), choose_profile().name)
for name in sys.argv[1:]:
    profile = {{"bubblewrap": BUBBLEWRAP, "landlock": LANDLOCK}}[name]
    with Sandbox(profile=profile, seconds=1) as sandbox:
        verdict = sandbox.judge(head="", code=SOLUTION, test=TEST, entry_point="f")
        print(name, "right:", verdict.outcome, verdict.detail)
        for attack in ATTACKS:
            verdict = sandbox.judge(head="", code=attack.code, test=TEST, entry_point="f")
            if str(verdict.outcome) != attack.outcome or attack.detail not in verdict.detail:
                print(name, attack.name, verdict)
        for body in ("open('/etc/passwd')", "open('/proc/self/environ')", "import socket; socket.socket()",
                     "open('/var/tmp/tasks-core', 'w')", "open({place!r} + '/tasks_core/errors.py')"):
            verdict = sandbox.run(body)
            if verdict.outcome != "exception":
                print(name, body, verdict)
"""


@pytest.mark.parametrize("user", [65533, 0] if os.geteuid() == 0 else [os.geteuid()])
def test_it_works_as_an_ordinary_user_and_as_root(user: int) -> None:
    """With a Python that everybody may read, which for root is another way into bubblewrap."""
    other: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user != os.geteuid() else {}
    folder = Path(tempfile.mkdtemp(prefix="tasks-core-"))
    try:
        folder.chmod(0o755)
        shutil.copytree(ROOT / "tasks_core", folder / "tasks_core", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "tests/tasks_core").mkdir(parents=True)
        shutil.copy(ROOT / "tests/tasks_core/attacks.py", folder / "tests/tasks_core")
        done = subprocess.run(
            [python_for_all(folder), "-S", "-c", AS_USER.format(place=str(folder)), *possible()],
            **other, cwd="/", env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=170,
        )  # fmt: skip
        lines = [f"{user} {[*possible(), 'none'][0]}", *(f"{name} right: pass " for name in possible())]
        assert (done.stderr, done.stdout.splitlines()) == ("", lines)
    finally:
        shutil.rmtree(folder)


def python_for_all(folder: Path) -> str:
    """A Python that everybody may run: the system's, or a copy of ours where that is none or too old."""
    system = "/usr/bin/python3"
    is_new = "import sys; sys.exit(sys.version_info < (3, 11))"
    if Path(system).exists() and subprocess.run([system, "-c", is_new]).returncode == 0:
        return system
    base = Path(sys.base_prefix)
    name = f"python{sysconfig.get_python_version()}"
    unused = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__", "config-*")
    shutil.copytree(base / "lib" / name, folder / "python/lib" / name, ignore=unused)
    (folder / "python/bin").mkdir()
    shutil.copy(base / "bin" / name, folder / "python/bin" / name)
    for library in (base / "lib").glob("libpython*"):
        shutil.copy(library, folder / "python/lib")
    return str(folder / "python/bin" / name)
