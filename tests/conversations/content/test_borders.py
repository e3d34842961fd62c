"""The package stands alone: no Django, nothing of the rest of Winnow."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

FOLDER = Path(__file__).resolve().parents[3] / "webapp" / "conversations" / "content"


def test_it_imports_neither_django_nor_another_part_of_winnow() -> None:
    names: set[str] = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    own = {name for name in names if name.startswith("webapp.conversations.content.")}
    assert "msgspec" in names
    assert own
    assert not {name.split(".")[0] for name in names - own} & {"", "celery", "django", "tasks_core", "webapp"}
