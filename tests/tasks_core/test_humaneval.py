"""HumanEval: its conversations, and the program that would test a response."""

from pathlib import Path

import pytest

from tasks_core.errors import BadArgumentError, SandboxMissingError, TasksCoreError
from tasks_core.humaneval import HumanEval, build_program, extract_imports, extract_program

PROMPT = 'from math import pi\n\nimport os\n# a comment\n\ndef area(r):\n    """Area."""\n'
TEST = "def check(candidate):\n    assert candidate(0) == 0\n"
CONVERSATION = {"messages": [{"role": "user", "content": PROMPT}], "test": TEST, "entry_point": "area"}


def test_the_task_is_prompt_and_whole_function(hub: Path) -> None:
    task = HumanEval()
    assert len(task) == 9
    assert task.eval_type == "generative"
    for conversation in task:
        assert list(conversation) == ["messages", "entry_point", "test"]
        user, assistant = conversation["messages"]
        number = conversation["entry_point"].removeprefix("add")
        assert assistant["content"] == f"{user['content']}\n    return x + {number}\n"
        assert conversation["test"].startswith("def check(candidate):")


def test_running_code_needs_the_sandbox(hub: Path) -> None:
    task = HumanEval(stop=1)
    with pytest.raises(SandboxMissingError, match="needs the sandbox; this version does not have it"):
        task.evaluate(task[0], "def add(): ...")
    with pytest.raises(TasksCoreError):
        task.reward(task[0], "")


@pytest.mark.parametrize(
    ("prompt", "imports"),
    [
        (PROMPT, "from math import pi\nimport os"),
        ("\n\n  import re  \nx = 1\nimport os\n", "import re"),
        ("def f():\n    import os\n", ""),
        ("important = 1\nimport os", ""),
        ("", ""),
    ],
)
def test_imports_are_the_leading_ones(prompt: str, imports: str) -> None:
    assert extract_imports(prompt) == imports


@pytest.mark.parametrize(
    ("response", "program"),
    [
        ("Here:\n```python\nx = 1\n```\nand\n```python\ny = 2\n```", "x = 1"),
        ("```\n  x = 1\n\n```", "x = 1"),
        ("```python  \nx = 1\n```", "x = 1"),
        ("  x = 1\n", "x = 1"),
        ("```python\nx = 1", "```python\nx = 1"),
        ("", ""),
    ],
)
def test_the_program_is_the_first_fenced_block_or_everything(response: str, program: str) -> None:
    assert extract_program(response) == program


def test_the_modes_differ_in_what_goes_in_front() -> None:
    code = "def area(r):\n    return pi * r * r"
    rest = f"\n\n{code}\n\n{TEST}\ncheck(area)"
    assert build_program(CONVERSATION, f"```python\n{code}\n```") == f"from math import pi\nimport os{rest}"
    assert build_program(CONVERSATION, code, mode="official") == f"{PROMPT}{rest}"
    exec(build_program(CONVERSATION, code), {})
    exec(build_program(CONVERSATION, code, mode="official"), {})


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(BadArgumentError, match="mode is 'strict'; allowed: nanochat, official"):
        build_program(CONVERSATION, "", mode="strict")
