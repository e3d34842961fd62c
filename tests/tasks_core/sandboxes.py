"""What the tests of the sandbox share: which walls this machine can have, and which processes there are."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tasks_core.sandbox.inside import landlock
from tasks_core.sandbox.profiles import BUBBLEWRAP, LANDLOCK, Profile

PROFILES = {"bubblewrap": BUBBLEWRAP, "landlock": LANDLOCK}


@cache
def possible() -> list[str]:
    """The walls that the kernel allows here, found without the code under test: containers may forbid either."""
    return [name for name, is_possible in (("bubblewrap", _namespaces()), ("landlock", _landlock())) if is_possible]


def _namespaces() -> bool:
    program = shutil.which("bwrap")
    if not program:
        return False
    user = 65534 if os.geteuid() == 0 else None
    plain = [program, "--unshare-all", "--unshare-user", "--ro-bind", "/usr", "/usr"]
    links = [word for name in ("bin", "lib", "lib64") for word in ("--ro-bind-try", f"/{name}", f"/{name}")]
    tried = subprocess.run([*plain, *links, "--", "/bin/true"], user=user, cwd="/", capture_output=True)
    return tried.returncode == 0


def _landlock() -> bool:
    try:
        return landlock.abi() >= 1
    except OSError:
        return False


def profiles() -> list[Profile]:
    """The profiles to test here."""
    return [PROFILES[name] for name in possible()]


def descendants(process: int) -> dict[int, str]:
    """All living processes below one, with the time that each began."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(folder.name))
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found: dict[int, str] = {}
    waiting = [process]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            found[child] = began(child)
            waiting.append(child)
    return found


def began(process: int) -> str:
    """When a process began; "" where there is none, or only what a parent has not yet waited for."""
    fields = _fields(process)
    return fields[19] if fields and fields[0] != "Z" else ""


def _fields(process: int) -> list[str]:
    """What stands behind the name in /proc/PID/stat: state, parent, ..."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
