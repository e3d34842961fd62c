"""Importing, renaming, deleting and restoring sources."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from tasks_core.registry import get_task
from webapp.accounts.models import User
from webapp.common.actions import cancel_job, queue_job
from webapp.common.errors import Conflict, Unprocessable
from webapp.common.models import Job
from webapp.conversations.importing import create_upload_source
from webapp.conversations.models import Source
from webapp.conversations.naming import FILE_NAME_LENGTH, clean_name, name_of_task
from webapp.conversations.purging import expired_sources
from webapp.conversations.task_imports import clean_values, create_task_source
from webapp.conversations.uploads import Upload


def import_upload(*, upload: Upload, keep_duplicates: bool = False, by: User | None, send: bool = True) -> Job:
    """Queue the import of a file that was sent; its source shows at once."""
    parameters = {"upload": upload.token, "sha256": upload.sha256, "keep_duplicates": keep_duplicates}
    return _queue_file(parameters, file_name=upload.name, by=by, send=send)


def import_file(
    *, path: Path, name: str = "", keep_duplicates: bool = False, by: User | None = None, send: bool = True
) -> Job:
    """Queue the import of a file on this machine, which is read where it is."""
    if not path.is_file():
        raise Unprocessable(f"There is no file {path}.")
    parameters = {"path": str(path.resolve()), "keep_duplicates": keep_duplicates}
    return _queue_file(parameters, file_name=path.name, name=name, by=by, send=send)


@transaction.atomic
def _queue_file(parameters: dict[str, Any], *, file_name: str, name: str = "", by: User | None, send: bool) -> Job:
    file_name = clean_name(file_name, length=FILE_NAME_LENGTH)
    parameters |= {"file_name": file_name, "name": clean_name(name)}
    title = f"Import {file_name or 'a file'}"
    job = queue_job(kind="import_upload", parameters=parameters, by=by, title=title, unit="lines", send=send)
    create_upload_source(job)
    return job


@transaction.atomic
def import_task(
    *, task: str, values: Mapping[str, object], name: str = "", by: User | None = None, send: bool = True
) -> Job:
    """Queue the import of a task with these parameters. Raises tasks_core's BadArgumentError for a bad one."""
    info = get_task(task)
    cleaned = clean_values(info, values)
    parameters = {"task": task, "values": cleaned, "name": clean_name(name)}
    title = f"Import {parameters['name'] or name_of_task(info.title, cleaned)}"
    job = queue_job(kind="import_task", parameters=parameters, by=by, title=title, send=send)
    create_task_source(job)
    return job


def rename_source(*, source: Source, name: str, by: User | None) -> None:
    """Give a source another name. Raises Conflict where that is taken."""
    try:
        with transaction.atomic():
            Source.objects.filter(pk=source.pk).update(name=clean_name(name))
    except IntegrityError:
        raise Conflict(f"There is a source called “{name}” already. Choose another name.") from None


@transaction.atomic
def delete_source(*, source: Source, by: User | None) -> None:
    """Put a source in the trash and stop its import. `restore_source` undoes it until it is purged."""
    deleted = Source.objects.live().filter(pk=source.pk).update(deleted_at=timezone.now(), deleted_by=by)
    if deleted and source.job and not source.job.is_finished():
        cancel_job(job=source.job, by=None)


def restore_source(*, source: Source, by: User | None) -> None:
    """Take a source out of the trash, with all that it holds."""
    restorable = Source.objects.filter(pk=source.pk).exclude(state=Source.State.PURGING)
    if not restorable.update(deleted_at=None, deleted_by=None):
        raise Conflict("This source is being deleted for good. It cannot be restored any more.")


@transaction.atomic
def purge_source(*, source: Source, by: User | None) -> Job:
    """Delete a source of the trash for good, as a job. From now on it cannot be restored. Twice gives the same job."""
    if not Source.objects.filter(pk=source.pk).exclude(deleted_at=None).update(state=Source.State.PURGING):
        raise Conflict("Only a source in the trash can be deleted for good.")
    running = Job.objects.unfinished().filter(kind="purge_source", parameters__source=source.pk).first()
    if running:
        return running
    title = f"Delete “{source.name}” for good"
    return queue_job(kind="purge_source", parameters={"source": source.pk}, by=by, title=title)


def purge_expired_sources() -> None:
    """Delete for good what has been in the trash for TRASH_DAYS."""
    for source in expired_sources():
        purge_source(source=source, by=None)
