"""Who may import whom: between the packages, and between the files of an app."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT

pytestmark = pytest.mark.once

#: Each app may import the ones before it. evals and mixtures stand side by side.
APPS = {
    "common": 0,
    "accounts": 1,
    "conversations": 2,
    "evals": 3,
    "mixtures": 3,
    "review": 4,
    "dashboards": 5,
    "api": 6,
}

#: The apps that may use the task library.
USE_TASKS = {"conversations", "evals", "mixtures"}

#: Inside an app: what is called from outside stands above what it calls.
MODELS, DOMAIN, ACTIONS, SURFACE = range(4)
LAYERS = {
    "models": MODELS, "migrations": MODELS,
    "actions": ACTIONS,
    "views": SURFACE, "urls": SURFACE, "management": SURFACE,
}  # fmt: skip

#: Files that hang an app into Django and so may see all of it.
HOOKS = {"apps"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it, by its full name; of a package, the names taken from it."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def app_of(module: str) -> str:
    """The app that a module of webapp belongs to, "" for the rest."""
    parts = module.split(".")
    return parts[1] if parts[0] == "webapp" and len(parts) > 1 and parts[1] in APPS else ""


def layer_of(module: str) -> int:
    parts = module.split(".")
    return LAYERS.get(parts[2], DOMAIN) if len(parts) > 2 else DOMAIN


def web_steps() -> Iterator[tuple[str, str]]:
    for path in modules("webapp"):
        for imported in imports(path):
            yield name_of(path), imported


def refused_between_apps(importer: str, imported: str) -> bool:
    here, there = app_of(importer), app_of(imported)
    return bool(here and there) and here != there and APPS[there] >= APPS[here]


def refused_inside_an_app(importer: str, imported: str) -> bool:
    if app_of(importer) != app_of(imported) or not app_of(importer):
        return False
    parts = importer.split(".")
    if len(parts) < 3 or parts[2] in HOOKS:
        return False
    if parts[2] == "jobs":
        return layer_of(imported) == SURFACE
    if imported.split(".")[2:3] == ["jobs"]:
        return layer_of(importer) < ACTIONS
    return layer_of(imported) > layer_of(importer)


def refused_tasks(importer: str, imported: str) -> bool:
    return imported.split(".")[0] == "tasks_core" and app_of(importer) not in USE_TASKS


def refused_settings(importer: str, imported: str) -> bool:
    """Settings are asked for through Django."""
    return imported.startswith("webapp.settings") and bool(app_of(importer))


@pytest.mark.parametrize(
    "refused",
    [refused_between_apps, refused_inside_an_app, refused_tasks, refused_settings],
    ids=lambda rule: rule.__name__,
)
def test_no_import_goes_a_step_back(refused: object) -> None:
    assert callable(refused)
    assert [f"{importer} imports {imported}" for importer, imported in web_steps() if refused(importer, imported)] == []


def test_every_app_has_its_place_in_the_order() -> None:
    assert {path.parent.name for path in (ROOT / "webapp").glob("*/__init__.py")} <= set(APPS)


def test_the_task_library_knows_nothing_of_django_or_the_app() -> None:
    found = [
        f"{name_of(path)} imports {imported}"
        for path in modules("tasks_core")
        for imported in imports(path)
        if imported.split(".")[0] in {"django", "webapp", "celery", "tests"}
    ]
    assert found == []


def test_views_do_not_write_rows_themselves() -> None:
    writes = {"save", "create", "bulk_create", "get_or_create", "update_or_create", "bulk_update"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls .{node.func.attr}()"
        for path in modules("webapp")
        if "views" in name_of(path).split(".")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writes
    ]
    assert found == []


@pytest.mark.parametrize("package", ["webapp", "tasks_core", "tests", "scripts"])
def test_files_stay_short_enough_to_read(package: str) -> None:
    written = (path for path in modules(package) if path.parent.name != "migrations")
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in written}
    assert {name: lines for name, lines in lengths.items() if lines >= 400} == {}


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("webapp.common.pages", "webapp.accounts.models.User"),
        ("webapp.conversations.views", "webapp.mixtures.models"),
        ("webapp.mixtures.actions", "webapp.evals.models"),
    ],
)
def test_the_rule_between_apps_refuses(importer: str, imported: str) -> None:
    assert refused_between_apps(importer, imported)
    assert not refused_between_apps(imported, importer) or app_of(importer) == "mixtures"


@pytest.mark.parametrize(
    ("importer", "imported", "is_refused"),
    [
        ("webapp.mixtures.models", "webapp.mixtures.building.build", True),
        ("webapp.mixtures.building", "webapp.mixtures.actions.save", True),
        ("webapp.mixtures.building", "webapp.mixtures.jobs.export", True),
        ("webapp.mixtures.actions", "webapp.mixtures.views.page", True),
        ("webapp.mixtures.views", "webapp.mixtures.actions.save", False),
        ("webapp.mixtures.jobs", "webapp.mixtures.actions.save", False),
        ("webapp.mixtures.apps", "webapp.mixtures.jobs", False),
    ],
)
def test_the_rule_inside_an_app_refuses(importer: str, imported: str, is_refused: bool) -> None:
    assert refused_inside_an_app(importer, imported) == is_refused
