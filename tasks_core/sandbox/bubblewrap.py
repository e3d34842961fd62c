"""The command line that puts a warm process into bubblewrap.

As root, bubblewrap itself is started as nobody: inside its own user namespace a process that was root outside would
still be root to the limits and to the owner of files. Where nobody may not enter the folder of Python (a Python below
/root), an outer bubblewrap, as root, shows it in its place and then becomes nobody.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from tasks_core.sandbox import runtime
from tasks_core.sandbox.runtime import Command

__all__ = ["command"]

NOBODY = 65534
WORK_BYTES = 16 * 1024 * 1024
PLACE = "/sandbox"
WORK = "/tmp"  # noqa: S108 - a file system of its own

#: What bubblewrap needs inside another one.
FOR_BUBBLEWRAP = ("--bind", "/proc", "/proc", "--tmpfs", WORK)

BECOME_NOBODY = (
    f"import os, sys; os.setgroups([]); os.setresgid({NOBODY}, {NOBODY}, {NOBODY}); "
    f"os.setresuid({NOBODY}, {NOBODY}, {NOBODY}); os.execv(sys.argv[1], sys.argv[1:])"
)


def command(role: str) -> Command:
    """Return how to start a warm process for a role. Raises FileNotFoundError where bubblewrap is not installed."""
    program = shutil.which("bwrap")
    if not program:
        raise FileNotFoundError("bubblewrap (bwrap) is not installed")
    program = os.path.realpath(program)
    python = runtime.python()
    shown = _shown()
    inner = [program, *_walls(), *shown, *_work(), "--", *runtime.zygote(PLACE, role, "bubblewrap", "0")]
    if os.geteuid() != 0:
        return Command(inner)
    if not runtime.closed_to_others([python, program, str(runtime.INSIDE), *runtime.folders()]):
        return Command(inner, NOBODY)
    outer = ["--die-with-parent", *shown, *_parents([program]), "--ro-bind", program, program, *FOR_BUBBLEWRAP]
    inner = [f"{PLACE}/inside" if one == str(runtime.INSIDE) else one for one in inner]
    return Command([program, *outer, "--", python, "-I", "-S", "-c", BECOME_NOBODY, *inner])


def _walls() -> list[str]:
    user = ["--uid", str(NOBODY), "--gid", str(NOBODY)]
    return [
        "--unshare-all", "--unshare-user", *user, "--die-with-parent", "--new-session", "--clearenv",
        "--cap-drop", "ALL",
    ]  # fmt: skip


def _shown() -> list[str]:
    """Python, read-only, our own side of it, and three devices."""
    places = {path: path for path in (runtime.python(), *runtime.folders())}
    places[str(runtime.INSIDE)] = f"{PLACE}/inside"
    shown = _parents(places.values())
    for source, place in places.items():
        shown += ["--ro-bind", source, place]
    for name in ("null", "zero", "urandom"):
        shown += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    return shown


def _parents(places: Iterable[str]) -> list[str]:
    """Folders on the way, which bubblewrap would make for its own user only."""
    folders = {str(folder) for place in places for folder in Path(place).parents} - {"/"} | {"/dev"}
    return [word for folder in sorted(folders) for word in ("--perms", "0755", "--dir", folder)]


def _work() -> list[str]:
    return ["--size", str(WORK_BYTES), "--tmpfs", WORK, "--chdir", WORK, "--remount-ro", "/"]
