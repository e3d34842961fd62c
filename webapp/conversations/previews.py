"""What a task would bring, before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from tasks_core.errors import TasksCoreError
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.content.records import Record
from webapp.conversations.opening import open_task
from webapp.conversations.rendering import Body, language_of, render_body
from webapp.conversations.task_imports import record_or_reason

PREVIEWED = 3


class PreviewTurn(NamedTuple):
    """A turn of a previewed conversation."""

    role: str
    body: Body


@dataclass
class Preview:
    """How many rows a task has and the first of them, or why there is nothing to see."""

    total: int = 0
    conversations: list[list[PreviewTurn]] = field(default_factory=list)
    error: str = ""


def preview_task(name: str, values: Mapping[str, Any]) -> Preview:
    """The first rows of a task with these (clean) parameters."""
    try:
        task = open_task(name, values)
        rows = [record_or_reason(row) for row in islice(task.iter_from(0), PREVIEWED)]
        shown = [_turns(row) for row in rows if isinstance(row, Record)]
        return Preview(len(task), shown, next((row for row in rows if isinstance(row, str)), ""))
    except TasksCoreError as error:
        return Preview(error=str(error))


def _turns(record: Record) -> list[PreviewTurn]:
    language = language_of(record.metadata)
    messages = messages_of(record.text)
    return [PreviewTurn(message["role"], render_body(message, language=language)) for message in messages]
