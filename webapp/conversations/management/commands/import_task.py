"""Import a task of tasks_core."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from tasks_core.errors import BadArgumentError
from tasks_core.registry import TASKS
from webapp.common.commands import JobCommand
from webapp.common.models import Job
from webapp.common.templatetags.winnow import plural
from webapp.conversations.actions.sources import import_task
from webapp.conversations.reports import ImportReport
from webapp.conversations.source_counts import count_source
from webapp.conversations.task_imports import find_same_task
from webapp.conversations.task_options import add_task_options, task_values


class Command(JobCommand):
    help = "Import a task: every row, in the task's order. Which task takes which option stands beside the option."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The task, and an option for each parameter that any task has."""
        parser.add_argument(
            "task", choices=tuple(TASKS), help="; ".join(f"{t.name}: {t.summary}" for t in TASKS.values())
        )
        add_task_options(parser)
        parser.add_argument("--name", default="", help="what the source is called; by default as its parameters")
        super().add_arguments(parser)

    def start(self, options: dict[str, Any]) -> Job:
        """Queue the import."""
        values = task_values(options)
        try:
            self._warn_of_same(options["task"], values)
            return import_task(task=options["task"], values=values, name=options["name"], send=options["queue"])
        except BadArgumentError as error:
            raise CommandError(f"{error}.") from None

    def _warn_of_same(self, task: str, values: dict[str, Any]) -> None:
        same = find_same_task(task, values)
        if same:
            count = plural(count_source(same).total, "conversation,conversations")
            self.stderr.write(
                f"Warning: this is already here as “{same.name}” ({count}). Importing it again doubles it."
            )

    def summary(self, job: Job) -> str:
        """How much was imported, and where it went."""
        return ImportReport(job).sentence()
