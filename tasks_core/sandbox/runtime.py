"""Where the Python that runs the code is, and which folders it needs."""

import os
import stat
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

__all__ = ["INSIDE", "Command", "closed_to_others", "folders", "python", "zygote"]

INSIDE = Path(__file__).parent / "inside"

SYSTEM_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
DATA_FOLDERS = ("/usr/share/zoneinfo",)

BOOT = (
    "import sys; sys.path.insert(0, {0!r}); from inside.zygote import main; sys.path.remove({0!r}); main(sys.argv[1:])"
)


@dataclass(frozen=True)
class Command:
    """A program with its arguments, and the user that starts it (None: as who asks)."""

    arguments: list[str]
    user: int | None = None


def zygote(place: str, *arguments: str) -> list[str]:
    """The command line of a warm process whose code is below `place`."""
    return [python(), "-I", "-S", "-B", "-X", "utf8", "-c", BOOT.format(place), *arguments]


def python() -> str:
    """The interpreter below the virtual environment, which needs nothing of it."""
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    found = base if base.exists() else Path(getattr(sys, "_base_executable", sys.executable))
    return os.path.realpath(found)


def folders() -> list[str]:
    """The standard library, the C libraries, and the time zones; of /usr or /usr/local nothing but these."""
    own = [sysconfig.get_path(name, vars=_BASE) for name in ("stdlib", "platstdlib")]
    own.append(str(Path(sys.base_prefix, "lib")))
    wanted = [*SYSTEM_FOLDERS, *DATA_FOLDERS, *own]
    there = [path for path in dict.fromkeys(wanted) if Path(path).is_dir()]
    return [path for path in there if not any(_is_below(path, other) for other in there)]


_BASE = {"base": sys.base_prefix, "platbase": sys.base_prefix, "installed_base": sys.base_prefix}


def _is_below(path: str, other: str) -> bool:
    return path != other and Path(path).is_relative_to(other)


def closed_to_others(paths: list[str]) -> bool:
    """Whether a user without rights of its own cannot read one of these."""
    return not all(map(_is_open, paths))


def _is_open(path: str) -> bool:
    above = Path(path).resolve().parents
    return _allows(Path(path), stat.S_IROTH) and all(_allows(folder, stat.S_IXOTH) for folder in above)


def _allows(path: Path, right: int) -> bool:
    return bool(path.stat().st_mode & right)
