"""A running Winnow for browsers, with its demo data and people whose password is known."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.installation import Installation, WebServer, WorkerServer

PASSWORD = "correct horse battery"

#: Who is there, and with which role.
PEOPLE = {"admin": "admin", "carl": "curator", "rita": "reviewer", "vera": "viewer"}

_MAKE_PEOPLE = f"""
from webapp.accounts.actions import create_user
for name, role in {PEOPLE!r}.items():
    create_user(username=name, role=role, password={PASSWORD!r}, by=None)
"""


class Stand:
    """An installation that runs: its web server, its worker, and its commands."""

    web: WebServer
    worker: WorkerServer

    def __init__(self, folder: Path, hub: Path) -> None:
        self.folder = folder
        self.hub = hub
        self.installation = Installation(folder, settings={"TASKS_CORE_HUB": str(hub), "WEB_PROCESSES": "1"})

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        """Start all of it; the worker may be killed and started again in the meantime."""
        with self.installation.running(worker=False) as self.web, self.installation.worker() as self.worker:
            yield self

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return self.web.url

    def manage(self, *arguments: str, check: bool = True) -> str:
        """Run a command of this installation and return what it printed; where it may fail, its errors too."""
        ran = self.installation.manage(*arguments, check=check)
        return ran.stdout if check else ran.stdout + ran.stderr

    def login_link(self, username: str) -> str:
        """A link that logs this person in once."""
        return self.manage("loginlink", username, "--address", self.url).strip()


def prepare_data(folder: Path, hub: Path) -> Path:
    """Make the data of a Winnow with the demo conversations and people, and return its folder."""
    installation = Stand(folder, hub).installation
    installation.manage("migrate", "--verbosity", "0")
    installation.manage("seed_demo")
    installation.manage("shell", "-v", "0", "-c", _MAKE_PEOPLE)
    return installation.data
