"""Importing a task of tasks_core: every row, in the task's order."""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasks_core.checks import as_integer
from tasks_core.common import Task
from tasks_core.errors import BadArgumentError, BadRowError, TasksCoreError
from tasks_core.hub import HUB_VARIABLE
from tasks_core.registry import HUB_ADDRESS, TaskInfo, Value, get_task
from tasks_core.words import WORDS_VARIABLE
from webapp.common.errors import JobFailed
from webapp.common.models import Job
from webapp.common.running import JobRun
from webapp.conversations.content.records import Record, record_of
from webapp.conversations.content.shapes import BadLine
from webapp.conversations.importing import begin, finish, hold, write_problems
from webapp.conversations.models import Source
from webapp.conversations.naming import create_source, name_of_task
from webapp.conversations.opening import open_task
from webapp.conversations.reports import merged, tally_of
from webapp.conversations.storing import store_records

CHUNK = 1000
SLICE = ("start", "stop", "step")
Row = tuple[int, Record | str]


def clean_values(info: TaskInfo, values: Mapping[str, object]) -> dict[str, Value]:
    """All parameters of a task with type and default. Raises BadArgumentError for what no dataset is needed to see."""
    cleaned = info.clean(values)
    Task(**{name: as_integer(name, cleaned[name]) for name in SLICE if cleaned[name] is not None})
    _check_places(info, cleaned)
    return cleaned


def _check_places(info: TaskInfo, values: Mapping[str, Value]) -> None:
    """The folder or the file that the settings name has to be there; a download is not tried."""
    hub, words = os.environ.get(HUB_VARIABLE), os.environ.get(WORDS_VARIABLE)
    if hub and info.source_url.startswith(HUB_ADDRESS) and not Path(hub, info.source).is_dir():
        raise BadArgumentError(f"{HUB_VARIABLE} is {hub}, but there is no folder {info.source} in it")
    if words and "words" in values and not values["words"] and not Path(words).is_file():
        raise BadArgumentError(f"{WORDS_VARIABLE} is {words}, but there is no such file")


def find_same_task(name: str, values: Mapping[str, object]) -> Source | None:
    """A source, not in the trash and all there, of the same task with the same values: importing them doubles it.

    Raises BadArgumentError for bad values.
    """
    cleaned = clean_values(get_task(name), values)
    sources = Source.objects.live().filter(kind=Source.Kind.TASK, task=name, state=Source.State.READY).order_by("pk")
    return next((source for source in sources if source.parameters == cleaned), None)


def create_task_source(job: Job) -> Source:
    """The source that an import of a task fills."""
    parameters = job.parameters
    info = get_task(parameters["task"])
    return create_source(
        name=parameters["name"] or name_of_task(info.title, parameters["values"]),
        exact=bool(parameters["name"]),
        kind=Source.Kind.TASK,
        task=info.name,
        parameters=parameters["values"],
        job=job,
        created_by_id=job.created_by_id,
    )


def import_task(run: JobRun) -> None:
    """Import the task of a job. Goes on from wherever it was stopped."""
    if run.job.result.get("complete"):
        return
    source = begin(run, create_task_source)
    try:
        task = _open_task(run, source)
        for rows in _chunks(task, run.cursor["position"]):
            _store(run, source, rows)
    except TasksCoreError as error:
        raise JobFailed(f"The task cannot be read: {error}") from error
    if not run.job.total:
        raise JobFailed("These parameters leave no examples. Choose a larger range.", final=True)
    finish(run, source)


def _open_task(run: JobRun, source: Source) -> Task:
    with run.holding():
        task = _built(run.job.pk, run.parameters["task"], tuple(sorted(run.parameters["values"].items())))
        fingerprint = "" if source.fingerprint else task.fingerprint or ""
    if "position" not in run.cursor:
        with run.chunk(may_end_slice=False) as progress:
            progress.total = len(task)
            progress.cursor = {"position": 0}
            progress.result = {**progress.result, "unit": "row"}
            Source.objects.filter(pk=source.pk).update(fingerprint=fingerprint[:200])
    return task


@lru_cache(maxsize=1)
def _built(_job_id: int, name: str, values: tuple[tuple[str, Any], ...]) -> Task:
    """The task of a job, kept from slice to slice: loading a dataset takes seconds."""
    return open_task(name, dict(values))


def _chunks(task: Task, position: int) -> Iterator[list[Row]]:
    rows: list[Row] = []
    for row in _rows(task, position):
        rows.append(row)
        if len(rows) >= CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows


def _rows(task: Task, position: int) -> Iterator[Row]:
    """Each position with its record, or with the reason why it cannot be one."""
    total = len(task)
    while position < total:
        try:
            for conversation in task.iter_from(position):
                yield position, record_or_reason(conversation)
                position += 1
        except BadRowError as error:
            yield position, str(error)
            position += 1


def record_or_reason(conversation: Mapping[str, Any]) -> Record | str:
    """A row of a task as a record, or why it cannot be one."""
    try:
        return record_of(conversation)
    except BadLine as error:
        return str(error)


def _store(run: JobRun, source: Source, rows: list[Row]) -> None:
    good = [(position, row) for position, row in rows if isinstance(row, Record)]
    bad = [(position + 1, row) for position, row in rows if isinstance(row, str)]
    with run.chunk() as progress:
        hold(source)
        flagged = with_issue = 0
        for first, records in _stretches(good):
            stored = store_records(source, records, first_position=first)
            flagged, with_issue = flagged + stored.flagged, with_issue + stored.with_issue
        write_problems(run.job, bad, duplicate=False)
        report = tally_of(
            [record for _, record in good],
            lines=len(rows),
            accepted=len(good),
            rejected=len(bad),
            flagged=flagged,
            with_issue=with_issue,
        )
        progress.done = rows[-1][0] + 1
        progress.cursor = {"position": progress.done}
        progress.result = merged(progress.result, report)


def _stretches(good: list[tuple[int, Record]]) -> Iterator[tuple[int, list[Record]]]:
    """Runs of neighbouring positions: a row that cannot be stored leaves its place empty."""
    begun = 0
    for index in range(1, len(good) + 1):
        if index == len(good) or good[index][0] != good[index - 1][0] + 1:
            yield good[begun][0], [record for _, record in good[begun:index]]
            begun = index
