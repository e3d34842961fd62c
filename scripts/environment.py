"""Makes the environment in .venv from a lock file, with uv where it can be had and with pip otherwise.

It runs before any library is there, so it uses the standard library only. A stamp in .venv says what was installed;
as long as it still holds, this returns at once.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

#: Lets uv trust whom this machine trusts, as pip does (the second is the first's older name).
TRUST = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}


def main() -> int:
    """Install the lock file named on the command line, unless that has been done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", help="requirements.lock or requirements-dev.lock")
    lock = ROOT / parser.parse_args().lock
    stamp = VENV / f"installed-{lock.stem}"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if works(PYTHON) and stamp.exists() and stamp.read_text() == wanted:
        return 0
    print("Installing the libraries into .venv. This takes a minute and is done once.", file=sys.stderr)
    if not works(PYTHON) and not make_venv():
        print("Python here cannot make environments. On Debian and Ubuntu: apt install python3-venv", file=sys.stderr)
        return 1
    if not install(lock):
        print("The libraries could not be installed. Is the package index in reach?", file=sys.stderr)
        return 1
    stamp.write_text(wanted)
    return 0


def works(python: Path) -> bool:
    """Say whether this interpreter runs and is new enough; a moved or updated Python leaves a dead link."""
    return python.exists() and quiet(str(python), "-c", "import sys; sys.exit(sys.version_info < (3, 11))")


def make_venv() -> bool:
    """Make .venv, in the way that this machine knows."""
    shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    if uv and quiet(uv, "venv", "--python", sys.executable, str(VENV)):
        return True
    if quiet(sys.executable, "-m", "venv", str(VENV)):
        return True
    # Debian keeps the pip of new environments in a package of its own, but may have one for itself.
    return quiet(sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)) and works_with(outer_pip())


def install(lock: Path) -> bool:
    """Install what the lock file lists, checked by its hashes: with uv, and with pip where that fails."""
    uv = shutil.which("uv") or bring_uv()
    if uv and quiet(uv, "pip", "install", "--python", PYTHON, "--require-hashes", "--compile-bytecode", "-r", lock):
        return True
    return run(*pip(), "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock)


def bring_uv() -> str | None:
    """Install uv into .venv; None when that fails."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        quiet(*pip(), "install", "--disable-pip-version-check", "--require-hashes", "-r", ROOT / "requirements-uv.lock")
    return str(uv) if uv.exists() else None


def pip() -> list[str | Path]:
    """Return the pip that installs into .venv: its own, or this Python's."""
    own: list[str | Path] = [PYTHON, "-m", "pip"]
    return own if works_with(own) else outer_pip()


def outer_pip() -> list[str | Path]:
    """Return the pip of the Python that runs this, told to install into .venv."""
    return [sys.executable, "-m", "pip", "--python", PYTHON]


def works_with(pip_command: list[str | Path]) -> bool:
    """Say whether this pip is there."""
    return quiet(*pip_command, "--version")


def quiet(*command: str | Path) -> bool:
    """Run a command without a word and say whether it worked."""
    return run(*command, output=subprocess.DEVNULL)


def run(*command: str | Path, output: int | None = None) -> bool:
    """Run a command and say whether it worked."""
    environment = {**os.environ, **TRUST}
    ran = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    return ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
