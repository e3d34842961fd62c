"""The parameters of all tasks as options of a command."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from tasks_core.registry import TASKS, Parameter


def add_task_options(parser: ArgumentParser) -> None:
    """An option for each parameter that any task has."""
    for name, found in _parameters().items():
        parser.add_argument(f"--{name}", help=_help(found))


def task_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were given."""
    return {name: options[name] for name in _parameters() if options[name] is not None}


def _parameters() -> dict[str, dict[str, Parameter]]:
    """By the name of a parameter: the tasks that have it, with how each takes it."""
    found: dict[str, dict[str, Parameter]] = {}
    for info in TASKS.values():
        for parameter in info.parameters:
            found.setdefault(parameter.name, {})[info.name] = parameter
    return found


def _help(found: dict[str, Parameter]) -> str:
    first = next(iter(found.values()))
    tasks = "all tasks" if len(found) == len(TASKS) else ", ".join(found)
    choices = "; ".join(f"{task}: {', '.join(each.choices)}" for task, each in found.items() if len(each.choices) < 20)
    return f"{first.help} ({tasks}){f' {choices}' if choices.strip(' ;') and first.choices else ''}".replace("%", "%%")
