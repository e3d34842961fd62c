"""Starts evaluations of an installation when it is told to, a line of JSON each: `python -m tests.faults.clerk`.

One process for many of them: a command for each would spend most of a test's time on starting.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.servers import ROOT


class Clerk:
    """The test's side; the process is started with the first order."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.process: subprocess.Popen[str] | None = None

    def start_run(self, **order: Any) -> tuple[int, int]:
        """Queue an evaluation (see `start`); its id and that of its job."""
        if self.process is None:
            command = [sys.executable, "-m", "tests.faults.clerk"]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdin=pipe, stdout=pipe, text=True)
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps(order), file=self.process.stdin, flush=True)
        run, job = json.loads(self.process.stdout.readline())
        return run, job

    def kill(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def start(order: Mapping[str, Any]) -> tuple[int, int | None]:
    """Queue an evaluation: `name`, `source` and `endpoint` (ids), `by` (a name), `sample`, `options`."""
    from webapp.accounts.models import User
    from webapp.evals.actions.runs import start_run
    from webapp.evals.choosing import Selection
    from webapp.evals.configuration import RunSettings
    from webapp.evals.models import ModelEndpoint

    run = start_run(
        name=order["name"],
        endpoint=ModelEndpoint.objects.get(pk=order["endpoint"]),
        selection=Selection({"source": [order["source"]]}, order["sample"]),
        options=RunSettings.from_dict(order["options"]),
        by=User.objects.get(username=order["by"]),
    )
    return run.pk, run.job_id


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()

    from django.db import close_old_connections

    for line in sys.stdin:
        close_old_connections()
        print(json.dumps(start(json.loads(line))), flush=True)
