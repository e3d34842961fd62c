"""The settings: each is explained in the README, and a value that cannot be used is refused by name."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.installation import Installation
from tests.servers import ROOT

pytestmark = pytest.mark.once

READERS = {"_text", "_number", "_flag", "_list", "_choice", "_pairs"}


def variables_read() -> set[str]:
    found = set()
    for node in ast.walk(ast.parse((ROOT / "webapp" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READERS:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                found.add(str(first.value))
    started = (ROOT / "gunicorn.conf.py").read_text() + (ROOT / "scripts" / "run.py").read_text()
    return found | set(re.findall(r'environ\.get\("([A-Z_]+)"\)', started))


def test_every_variable_is_in_the_table_of_the_readme() -> None:
    explained = set(re.findall(r"`([A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert variables_read() - explained == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPLOAD_LIMIT_MB", "lots"),
        ("UPLOAD_LIMIT_MB", "0"),
        ("JOB_LEASE_SECONDS", "-3"),
        ("HTTPS", "perhaps"),
        ("DATABASE_URL", "mysql://localhost/winnow"),
        ("DATABASE_URL", "no address"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("LOG_LEVEL", "loud"),
        ("REDIS_URL", "localhost:6379"),
        ("ENDPOINT_KEY", "too short"),
        ("ENDPOINT_ADDRESSES", "10.0.0.5"),
        ("ENDPOINT_ADDRESSES", "gpu-box:99999"),
        ("ENDPOINT_ADDRESSES", "[::g]:80"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(embedded: Installation, name: str, value: str) -> None:
    environment = {**embedded.environment, name: value}
    command = [sys.executable, "manage.py", "check"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.startswith("This setting cannot be used: ")
    assert name in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_nothing_set_works_and_makes_a_secret_of_its_own(embedded: Installation) -> None:
    embedded.manage("check")
    secret = embedded.data / "secret_key"
    assert len(secret.read_text()) > 50
    assert secret.stat().st_mode & 0o077 == 0
    before = secret.read_text()
    embedded.manage("check")
    assert secret.read_text() == before


def test_many_first_starts_at_once_agree_on_the_secret(embedded: Installation) -> None:
    code = "from webapp import settings; print(settings.SECRET_KEY)"
    running = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **embedded.environment}, stdout=-1)
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in running}) == 1
