"""Says by its exit code whether the container's process does its work: `healthcheck.py web`, `worker` or `beat`."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

#: The beat writes its schedule after every message, a few seconds apart; silence for this long means that it hangs.
BEAT_SECONDS = 90


def main() -> int:
    """Check the process that the command line names."""
    checks = {"web": web, "worker": worker, "beat": beat}
    return 0 if checks[sys.argv[1]]() else 1


def web() -> bool:
    """Ask the web server, by a name that it answers to."""
    name = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".*") or "localhost"
    address = f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}/healthz"
    try:
        urllib.request.urlopen(urllib.request.Request(address, headers={"Host": name}), timeout=5).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def worker() -> bool:
    """Ask the worker of this container through the broker."""
    ask = ["celery", "-A", "webapp", "inspect", "ping", "--timeout", "5", "-d", f"celery@{os.uname().nodename}"]
    return subprocess.run(ask, capture_output=True, check=False).returncode == 0


def beat() -> bool:
    """Look at the age of the beat's schedule; the database library may add an ending to its name."""
    files = list(Path(os.environ["BEAT_SCHEDULE"]).parent.glob(Path(os.environ["BEAT_SCHEDULE"]).name + "*"))
    return bool(files) and time.time() - max(file.stat().st_mtime for file in files) < BEAT_SECONDS


if __name__ == "__main__":
    sys.exit(main())
