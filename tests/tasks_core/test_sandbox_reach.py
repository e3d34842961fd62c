"""Nothing outside can be read, written or talked to, shown by the same code doing it without walls."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks_core.sandbox import Outcome, Sandbox
from tests.tasks_core.attacks import DENIED, PROCESSES, SOLUTION, TEST, Attack
from tests.tasks_core.sandboxes import profiles

pytestmark = pytest.mark.once

SECRET = "sqlite:///of-the-app"


@pytest.fixture(scope="module", params=profiles(), ids=lambda profile: profile.name)
def sandbox(request: Any) -> Iterator[Sandbox]:
    os.environ["TASKS_CORE_TEST_SECRET"] = SECRET
    with Sandbox(profile=request.param, seconds=5) as made:
        assert made.run("").passed  # the environment is handed over when the process starts
        yield made
    del os.environ["TASKS_CORE_TEST_SECRET"]


def works_without_walls(body: str) -> bool:
    """Whether the code does what it wants in a Python of its own."""
    return subprocess.run([sys.executable, "-c", body], capture_output=True, cwd="/").returncode == 0


def is_refused(sandbox: Sandbox, body: str) -> bool:
    """Whether it is refused, alone and as a solution."""
    lines = "\n    ".join(body.splitlines())
    code = f"def f(x):\n    {lines}\n    return x * x"
    for verdict in (sandbox.run(body), sandbox.judge(head="", code=code, test=TEST, entry_point="f")):
        assert verdict.outcome is Outcome.EXCEPTION, verdict
        assert DENIED in verdict.detail
        assert not verdict.output
    return True


READING = {
    "passwd": "print(open('/etc/passwd').read())",
    "hosts": "import os\nprint(os.listdir('/etc'))",
    "app": f"print(open({__file__!r}).read())",
    "app_folder": f"import os\nprint(os.listdir({str(Path(__file__).parents[2])!r}))",
    "processes": "print(open('/proc/1/status').read())",
    "own_environment": "print(open('/proc/self/environ').read())",
    "environment_of_the_parent": "import os\nprint(open(f'/proc/{os.getppid()}/environ').read())",
    "system": "import os\nprint(os.listdir('/var'))",
    "devices": "import os\nprint(os.listdir('/dev/shm'))",
}


@pytest.mark.parametrize("name", READING)
def test_nothing_is_read(sandbox: Sandbox, name: str) -> None:
    assert works_without_walls(READING[name])
    assert is_refused(sandbox, READING[name])


def test_the_environment_is_empty(sandbox: Sandbox) -> None:
    verdict = sandbox.run("import os\nprint(dict(os.environ))")
    assert verdict.output == "{}\n"
    assert works_without_walls(f"import os\nassert {SECRET!r} in str(os.environ)")
    for place in ("/proc/self/environ", "/proc/1/environ"):
        assert SECRET not in sandbox.run(f"print(open({place!r}).read())").output


@pytest.mark.parametrize("how", ["open({!r}, 'w').close()", "import os\nos.mkdir({!r})", "import os\nos.mkfifo({!r})"])
def test_nothing_is_written_outside(sandbox: Sandbox, how: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    target = tmp_path / "written"
    assert is_refused(sandbox, how.format(str(target)))
    assert not target.exists()
    assert works_without_walls(how.format(str(target)))


@pytest.mark.parametrize("folder", ["/", "/usr/lib", "/var/tmp", "/dev/shm", "/proc", "/sandbox"])
def test_no_other_folder_can_be_written_to(sandbox: Sandbox, folder: str) -> None:
    name = f"{folder}/tasks-core-test"
    assert is_refused(sandbox, f"open({name!r}, 'w').close()")
    assert not Path(name).exists()


def test_files_stay_as_they_are(sandbox: Sandbox, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("kept")
    tmp_path.chmod(0o777)
    target.chmod(0o666)
    for how in ("os.truncate({!r}, 0)", "os.unlink({!r})", "os.chmod({!r}, 0)", "os.rename({!r}, '/tmp/x')"):
        assert is_refused(sandbox, f"import os\n{how.format(str(target))}")
    assert target.read_text() == "kept"
    assert target.stat().st_mode & 0o777 == 0o666


def listening(family: int, kind: int, address: Any) -> socket.socket:
    server = socket.socket(family, kind)
    server.bind(address)
    server.settimeout(0.2)
    if kind == socket.SOCK_STREAM:
        server.listen()
    return server


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_no_network_not_even_the_machine_itself(sandbox: Sandbox, kind: str) -> None:
    with listening(socket.AF_INET, getattr(socket, kind), ("127.0.0.1", 0)) as server:
        address = server.getsockname()
        body = (
            f"import socket\none = socket.socket(socket.AF_INET, socket.{kind})\none.connect({address})\none.send(b'x')"
        )
        assert is_refused(sandbox, body)
        with pytest.raises(TimeoutError):
            server.recv(1) if kind == "SOCK_DGRAM" else server.accept()
        assert works_without_walls(body)
        assert server.recv(1) if kind == "SOCK_DGRAM" else server.accept()


@pytest.mark.parametrize("is_abstract", [False, True], ids=["file", "abstract"])
def test_no_unix_sockets(sandbox: Sandbox, is_abstract: bool, tmp_path: Path) -> None:
    address = f"\0tasks-core-test-{os.getpid()}" if is_abstract else str(tmp_path / "socket")
    with listening(socket.AF_UNIX, socket.SOCK_STREAM, address):
        body = f"import socket\nsocket.socket(socket.AF_UNIX).connect({address!r})"
        assert is_refused(sandbox, body)
        assert works_without_walls(body)


@pytest.mark.parametrize("attack", [one for one in PROCESSES if one.is_harmless], ids=lambda attack: attack.name)
def test_what_is_refused_works_without_walls(attack: Attack) -> None:
    assert works_without_walls(f"{attack.code}\nf(2)")


FULL_DISK = """
for number in range(1000):
    with open(f"{number}", "wb") as file:
        file.write(b"x" * 1_000_000)
"""


def test_a_full_disk_is_its_own_problem(sandbox: Sandbox) -> None:
    assert is_refused(sandbox, FULL_DISK)
    assert is_refused(sandbox, "with open('big', 'wb') as file:\n    file.write(b'x' * 20_000_000)")
    assert sandbox.judge(head="", code=SOLUTION, test=TEST, entry_point="f").passed


def test_in_bubblewrap_there_is_a_folder_to_work_in_that_is_empty_each_time(sandbox: Sandbox) -> None:
    write = "import os, pathlib\nprint(os.listdir())\npathlib.Path('a').write_text('b')\nprint(os.listdir())"
    for _ in range(2):
        verdict = sandbox.run(write)
        if sandbox.profile.name == "bubblewrap":
            assert verdict.output == "[]\n['a']\n"
        else:
            assert verdict.outcome is Outcome.EXCEPTION
    test = f"import os\nassert os.getcwd() == '/' or os.listdir() == []\nopen('of-the-tests', 'w').close()\n{TEST}"
    for _ in range(2):
        verdict = sandbox.judge(head="", code=SOLUTION, test=test, entry_point="f")
        assert verdict.passed is (sandbox.profile.name == "bubblewrap")
