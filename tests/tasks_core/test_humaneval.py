"""HumanEval: its conversations, and the program that would test a response."""

from pathlib import Path
from unittest.mock import patch

import pytest

from tasks_core.errors import BadArgumentError, SandboxMissingError, TasksCoreError
from tasks_core.humaneval import MODES, HumanEval, build_program, extract_imports, extract_program, judge
from tasks_core.sandbox import Outcome, Profile, Sandbox

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


def test_a_response_is_evaluated_by_running_it(hub: Path) -> None:
    task = HumanEval(stop=3)
    for conversation in task:
        prompt, right = (message["content"] for message in conversation["messages"])
        for mode in MODES:
            assert task.evaluate(conversation, right, mode=mode) == 1
            assert task.evaluate(conversation, f"Here it is:\n```python\n{right}\n```", mode=mode) == 1
            assert task.evaluate(conversation, f"{prompt}\n    return -1", mode=mode) == 0
        assert task.reward(conversation, right) == 1.0
    with pytest.raises(BadArgumentError, match="mode is 'strict'; allowed: nanochat, official"):
        task.evaluate(task[0], "", mode="strict")


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        ("def area(r):\n    return pi * r * r", "pass"),
        ("```python\ndef area(r):\n    return 1\n```", "assertion"),
        ("```python\ndef area(r)\n```", "exception"),
        ("def area(r)\n    return 1", "exception"),
        ("I am sorry, I cannot write this function.", "no_code"),
        ("", "no_code"),
        ("```python\n\n```", "no_code"),
        ("```python\nprint('area')\n```", "exception"),
    ],
)
def test_the_verdict_says_how_it_ended(response: str, outcome: str) -> None:
    verdict = judge(CONVERSATION, response)
    assert str(verdict.outcome) == outcome
    assert verdict.profile


def test_helpers_that_only_the_prompt_defines_need_the_official_mode() -> None:
    prompt = "def double(x):\n    return x + x\n\ndef area(r):\n    pass\n"
    conversation = {**CONVERSATION, "messages": [{"role": "user", "content": prompt}]}
    conversation["test"] = "def check(candidate):\n    assert candidate(2) == double(2)\n"
    code = "def area(r):\n    return double(r)"
    assert judge(conversation, code, mode="official").passed
    assert judge(conversation, code).detail.startswith("NameError: name 'double' is not defined")
    assert judge(conversation, f"{prompt}\n{code}").passed


def test_where_no_code_can_be_run_it_is_not_a_wrong_answer(hub: Path) -> None:
    refusal = Profile("none", "Nothing works here.", works=False)
    with Sandbox(profile=refusal) as sandbox:
        verdict = judge(CONVERSATION, "def area(r): return 0", sandbox=sandbox)
        assert (verdict.outcome, verdict.detail) == (Outcome.INFRASTRUCTURE, "Nothing works here.")
    task = HumanEval(stop=1)
    with patch("tasks_core.humaneval.shared_sandbox", return_value=sandbox):
        with pytest.raises(SandboxMissingError, match="Nothing works here"):
            task.evaluate(task[0], "def add(): ...")
        with pytest.raises(TasksCoreError):
            task.reward(task[0], "def add(): ...")


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
