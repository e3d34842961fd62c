"""What importing costs, and that `python -O` changes nothing."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tasks_core"
MODULES = sorted(path.stem for path in PACKAGE.glob("[a-z]*.py"))
FILES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))

IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(f"tasks_core.{name}")
print([name for name in ("datasets", "django", "numpy", "pyarrow", "webapp") if name in sys.modules])
"""

MISUSE = """
from pathlib import Path
from tasks_core import arc, common, customjson, gsm8k, lowering, mmlu, registry, smoltalk, spellingbee

Path("bad.jsonl").write_text('[{"role":"user","content":"a"},{"role":"user","content":"b"}]')
Path("good.jsonl").write_text('[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]')
good = customjson.CustomJSON("good.jsonl")
for misuse in (
    lambda: arc.ARC("x", "train"),
    lambda: mmlu.MMLU("all", "train"),
    lambda: gsm8k.GSM8K("main", "x"),
    lambda: smoltalk.SmolTalk("x"),
    lambda: spellingbee.SpellingBee(size=-1, words="good.jsonl"),
    lambda: customjson.CustomJSON("bad.jsonl"),
    lambda: customjson.CustomJSON("none.jsonl"),
    lambda: good[1],
    lambda: good["0"],
    lambda: common.TaskMixture([1]),
    lambda: common.render_mc("?", "A", []),
    lambda: lowering.lower([], tools="x"),
    lambda: registry.build("x"),
    lambda: good.evaluate(good[0], ""),
):
    try:
        misuse()
        print("nothing")
    except Exception as error:
        print(type(error).__name__, error)
"""


def run(*arguments: str, cwd: Path = ROOT) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return result.stdout


def test_importing_every_module_brings_in_nothing_heavy() -> None:
    assert len(MODULES) > 15
    assert run("-c", IMPORT_ALL, *MODULES) == "[]\n"


def test_python_o_changes_nothing(tmp_path: Path) -> None:
    usual = run("-c", MISUSE, cwd=tmp_path)
    assert usual.count("\n") == 14
    assert "nothing" not in usual.splitlines()
    assert run("-O", "-c", MISUSE, cwd=tmp_path) == usual


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_checked_by_assert(file: str) -> None:
    tree = ast.parse((PACKAGE / file).read_text())
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
