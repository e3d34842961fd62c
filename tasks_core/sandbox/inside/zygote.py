"""The warm process: it has Python and the usual modules loaded, and forks one child per job.

It speaks over descriptor 0, a socket that keeps messages apart:

- it says `ready`, once;
- `job SECONDS MEMORY_MB` comes with three descriptors (feed, channel, output), and a child begins;
- `stop` comes, the child is killed if it still runs, and it says `ended STATUS LEFTOVERS`: the exit code or minus the
  signal, and whether files are left in the working folder.

It never reads what a job is about, so that nothing of one job is in the memory of the next.
"""

import builtins
import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
from typing import NamedTuple, NoReturn

from . import candidate, judge, landlock, limits, seccomp
from .libc import die_with_parent

__all__ = ["main"]

#: Loaded once instead of in every job.
USUAL = (
    "array", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions",
    "functools", "hashlib", "heapq", "itertools", "json", "math", "numbers", "operator", "random", "re", "statistics",
    "string", "textwrap", "time", "traceback", "typing",
)  # fmt: skip

ROLES = {"candidate": candidate.main, "judge": judge.main}

NOBODY = 65534
FEED, CHANNEL = 3, 4
#: Where the folders of the standard library stay open, see `_keep_open`.
FIRST_KEPT = 40


class Walls(NamedTuple):
    """What a child puts around itself: a filter of system calls; rules of Landlock where nothing else hides files."""

    filter_program: bytes
    rules: int | None
    kept: int


def main(arguments: list[str]) -> None:
    """Serve until the socket closes. Arguments: role, `bubblewrap` or `landlock`, the parent's id, folders to read."""
    role, wall, parent, *folders = arguments
    for name in USUAL:
        importlib.import_module(name)
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]
    os.environ.clear()
    walls = _landlock(folders, int(parent)) if wall == "landlock" else _bubblewrap()
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    gc.collect()
    gc.freeze()
    control.send(b"ready")
    while _serve(control, role, walls):
        pass


def _bubblewrap() -> Walls:
    return Walls(seccomp.program(os.uname().machine), None, 0)


def _landlock(folders: list[str], parent: int) -> Walls:
    rules = landlock.ruleset(folders)
    kept = 0
    if os.geteuid() == 0:
        kept = _keep_open()
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    die_with_parent(parent)  # a change of user undoes it, so it comes last
    os.chdir("/")
    return Walls(seccomp.program(os.uname().machine), rules, kept)


def _keep_open() -> int:
    """Hold open what nobody may not enter, such as a Python below /root, and import by way of the descriptors."""
    kept: dict[str, str] = {}
    for folder in sys.path:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            place = os.dup2(descriptor, FIRST_KEPT + len(kept))
            os.close(descriptor)
            kept[folder] = f"/proc/self/fd/{place}"
    loaded = [getattr(module, "__path__", None) for module in sys.modules.values()]
    for paths in (sys.path, *loaded):
        if isinstance(paths, list):
            paths[:] = [_moved(path, kept) for path in paths]
    sys.path_importer_cache.clear()
    return len(kept)


def _moved(path: str, places: dict[str, str]) -> str:
    """A path with the longest of the folders replaced."""
    for folder in sorted(places, key=len, reverse=True):
        if path == folder or path.startswith(f"{folder}/"):
            return places[folder] + path[len(folder) :]
    return path


def _serve(control: socket.socket, role: str, walls: Walls) -> bool:
    message, descriptors, _, _ = socket.recv_fds(control, 64, 3)
    if not message:
        return False
    _, seconds, memory_mb = message.split()
    zygote = os.getpid()
    child = os.fork()
    if child == 0:
        _child(role, walls, zygote, int(seconds), int(memory_mb), descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    stopped = control.recv(64)
    os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if stopped:
        control.send(b"ended %d %d" % (status, walls.rules is None and any(os.scandir())))
    return bool(stopped)


def _child(role: str, walls: Walls, zygote: int, seconds: int, memory_mb: int, descriptors: list[int]) -> NoReturn:
    """Do one job and end; under no circumstances return."""
    try:
        die_with_parent(zygote)
        _arrange(descriptors, walls)
        limits.apply(memory_mb=memory_mb, seconds=seconds, is_alone=walls.rules is None)
        seccomp.install(walls.filter_program)
        ROLES[role](FEED, CHANNEL)
    finally:
        os._exit(0)


def _arrange(descriptors: list[int], walls: Walls) -> None:
    """Nothing but 0 to 4 and the kept ones stays open: nothing, output, output, feed, channel."""
    if walls.rules is not None:
        landlock.restrict(walls.rules)
    feed, channel, output = (os.dup2(one, FIRST_KEPT - 10 + place) for place, one in enumerate(descriptors))
    for source, target in ((output, 1), (output, 2), (feed, FEED), (channel, CHANNEL)):
        os.dup2(source, target)
    os.closerange(CHANNEL + 1, FIRST_KEPT)
    os.closerange(FIRST_KEPT + walls.kept, 256)
