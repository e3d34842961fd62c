"""Runs the whole suite on SQLite, then what depends on the database again on PostgreSQL. Arguments go to pytest.

The second run uses TEST_DATABASE_URL, else the PostgreSQL on the standard port if it lets us in, else a server of its
own where one is installed. Fails when either run fails.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import PostgresServer, postgres_program  # noqa: E402 (found through the line above)

STANDARD_ADDRESS = "postgres://postgres@127.0.0.1:5432/winnow"
#: Half as many again as there are processors: many tests wait for processes that they have started.
WORKERS = str((os.cpu_count() or 2) * 3 // 2)
SECOND_RUN = ("-m", "not once and not browser and not faults and not slow")


def main() -> int:
    """Run the tests and return the exit code."""
    with postgres() as address, tempfile.TemporaryDirectory(prefix="winnow-test-") as data:
        may_skip = os.environ.get("WINNOW_NO_SKIPS") != "1"
        if not address:
            print("No PostgreSQL here: the second run, on PostgreSQL, is left out.", flush=True)
        codes = [run_pytest({"WINNOW_DATA": data})]
        if address:
            print("\nThe same on PostgreSQL:", flush=True)
            codes.append(run_pytest({"WINNOW_DATA": data, "DATABASE_URL": address}, *SECOND_RUN))
        return max(*codes, 0 if address or may_skip else 1)


def run_pytest(settings: dict[str, str], *arguments: str) -> int:
    """Run pytest with these settings and nothing of the surrounding installation's; return its exit code."""
    foreign = {"DATABASE_URL", "REDIS_URL", "WINNOW_DATA"}
    environment = {name: value for name, value in os.environ.items() if name not in foreign} | settings
    command = [sys.executable, "-m", "pytest", "-q", "-n", WORKERS, "--dist", "loadfile", *arguments, *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Give the address of a PostgreSQL to test on; "" where there is none."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
    elif lets_us_in(STANDARD_ADDRESS):
        yield STANDARD_ADDRESS
    elif postgres_program("initdb"):
        with PostgresServer() as server:
            yield server.url("winnow")
    else:
        yield ""


def lets_us_in(address: str) -> bool:
    """Say whether a database can be made there: the tests make and drop databases of their own beside this name."""
    try:
        psycopg.connect(address.rpartition("/")[0] + "/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
