"""What can be checked of the container files without an engine."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import ROOT

pytestmark = pytest.mark.once

OURS = ("web", "worker", "beat")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


@pytest.fixture(scope="module")
def dockerfile() -> list[list[str]]:
    """The instructions, each split into words."""
    joined = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split() for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def test_all_services_are_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, "db", "redis"}


@pytest.mark.parametrize("name", [*OURS, "db", "redis"])
def test_each_service_is_watched_kept_and_brought_back(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    kept = [volume.split(":")[0] for volume in service["volumes"]]
    assert kept
    assert set(kept) <= set(compose["volumes"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_with_little_power_on_the_same_settings(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    settings = service["environment"]
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS"} <= set(settings)
    assert {key: settings[key] for key in compose["x-environment"]} == compose["x-environment"]


def test_waiting_is_for_services_that_exist_until_they_are_healthy(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, wait in service.get("depends_on", {}).items():
            assert name in compose["services"]
            assert wait == {"condition": "service_healthy"}


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "SECRET_KEY"):
        uses = re.findall(r"\$\{" + name + r"([^}]*)\}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses)
        assert f"\n{name}=\n" in (ROOT / ".env.example").read_text()


def test_every_variable_of_compose_is_explained_in_the_example() -> None:
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    explained = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == explained


def test_the_queue_survives_a_restart_of_redis(compose: dict[str, Any]) -> None:
    command = " ".join(compose["services"]["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_the_image_copies_what_exists_and_is_let_through(dockerfile: list[list[str]]) -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [word for line in dockerfile if line[0] == "COPY" and "--from" not in line[1] for word in line[1:-1]]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name in let_through, name


def test_the_image_holds_every_package_that_runs(dockerfile: list[list[str]]) -> None:
    copied = {word for line in dockerfile if line[0] == "COPY" for word in line[1:-1]}
    needed = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert needed <= copied


def test_the_image_does_not_run_as_root_and_checks_hashes(dockerfile: list[list[str]]) -> None:
    users = [line[1] for line in dockerfile if line[0] == "USER"]
    assert users
    assert users[-1] != "root"
    assert any("--require-hashes" in line for line in dockerfile)
    assert any(line[0] == "HEALTHCHECK" for line in dockerfile)


def test_commands_name_modules_and_scripts_that_exist(compose: dict[str, Any]) -> None:
    for name in OURS:
        service = compose["services"][name]
        words = [*shlex.split(" ".join(service.get("command", []))), *service["healthcheck"]["test"]]
        for script in (word for word in words if word.endswith(".py")):
            assert Path(ROOT / script).exists()
