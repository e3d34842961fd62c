"""The registry: what it says of every task is what the task takes."""

import inspect
import itertools
from pathlib import Path
from typing import Any

import pytest

from tasks_core.common import Task
from tasks_core.errors import BadArgumentError
from tasks_core.registry import TASKS, TaskInfo, build, get_task

INFOS = list(TASKS.values())
HUB_TASKS = ["arc", "mmlu", "gsm8k", "humaneval", "smoltalk"]


def test_every_task_is_there() -> None:
    assert list(TASKS) == [*HUB_TASKS, "spellingbee", "simplespelling", "customjson"]
    assert [info.eval_type for info in INFOS] == [
        *("categorical", "categorical", "generative", "generative", None, "generative", "generative", None)
    ]


@pytest.mark.parametrize("info", INFOS, ids=TASKS)
def test_the_parameters_are_those_of_the_class(info: TaskInfo) -> None:
    signature = inspect.signature(info.factory).parameters
    assert [parameter.name for parameter in info.parameters] == list(signature)
    for parameter in info.parameters:
        default = signature[parameter.name].default
        assert parameter.required <= (default is inspect.Parameter.empty)
        if default is not inspect.Parameter.empty:
            assert parameter.default == default
        assert parameter.help.endswith(".")
        assert bool(parameter.choices) == (parameter.kind == "choice")
    assert info.title
    assert info.summary.endswith((".", "?"))


def all_choices(info: TaskInfo) -> list[dict[str, str]]:
    """Every combination of split and subset."""
    found = [parameter for parameter in info.parameters if parameter.name in ("subset", "split")]
    names = [parameter.name for parameter in found]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(one.choices for one in found))]


@pytest.mark.parametrize("name", HUB_TASKS)
def test_what_the_registry_allows_can_be_built(name: str, hub: Path) -> None:
    built = 0
    for choices in all_choices(TASKS[name]):
        try:
            TASKS[name].clean(choices)
        except BadArgumentError:
            with pytest.raises(BadArgumentError):
                TASKS[name].factory(**choices)
            continue
        task = build(name, **choices, stop=2)
        assert isinstance(task, Task)
        assert len(task) == 2
        assert task.eval_type == TASKS[name].eval_type
        built += 1
    assert built == {"arc": 6, "mmlu": 5, "gsm8k": 4, "humaneval": 1, "smoltalk": 2}[name]


def test_the_other_tasks_can_be_built(word_list: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]\n')
    assert len(build("spellingbee", size="7", split="test", start="1")) == 6
    assert len(build("simplespelling", words=str(word_list))) == 1000
    assert len(build("customjson", filepath=str(path))) == 1


def test_a_form_s_texts_become_values() -> None:
    cleaned = get_task("mmlu").clean({"subset": "all", "split": "test", "subject": "", "start": "-5", "stop": ""})
    expected = {"subset": "all", "split": "test", "subject": None, "start": -5, "stop": None, "step": 1}
    assert cleaned == expected
    assert get_task("mmlu").clean({"subject": "anatomy"})["split"] == "validation"


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("gsm8k", {"set": "main"}, "gsm8k has no parameter 'set'; allowed: subset, split, start, stop, step"),
        ("gsm8k", {"subset": "x"}, "subset is 'x'; allowed: main, socratic"),
        ("gsm8k", {"stop": "1.5"}, "stop is '1.5'; allowed: integers"),
        ("gsm8k", {"stop": 1.5}, "stop is 1.5; allowed: integers"),
        ("gsm8k", {"step": "0"}, "step is 0; allowed: every other integer"),
        ("spellingbee", {"size": "-1"}, "size is -1; allowed: 0 and more"),
        ("mmlu", {"split": "x"}, "split is 'x'; allowed: auxiliary_train, validation, dev, test, train"),
        ("mmlu", {"subset": "auxiliary_train", "split": "dev"}, "split is 'dev'; allowed: train"),
        ("mmlu", {"split": "auxiliary_train", "subject": "anatomy"}, "subject cannot be given where split is aux"),
        ("customjson", {}, "filepath is missing: A JSONL file"),
        ("gsm9k", {}, "task is 'gsm9k'; allowed: arc, mmlu, gsm8k"),
    ],
)
def test_bad_values_name_the_allowed_ones(name: str, values: dict[str, Any], message: str, hub: Path) -> None:
    with pytest.raises(BadArgumentError, match=message):
        build(name, **values)
