"""The package stands alone: no Django, nothing of the rest of Winnow."""

import ast
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "webapp" / "conversations" / "content"


def test_it_imports_neither_django_nor_another_part_of_winnow() -> None:
    names = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1 or (node.module or "").split(".")[0] != "webapp"
                names.update([] if node.level else [(node.module or "").split(".")[0]])
    assert "msgspec" in names
    assert not names & {"django", "webapp", "tasks_core", "celery"}
