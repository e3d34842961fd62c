"""Uploaded files: streamed to disk under names of our own, and swept when no job needs them."""

import errno
import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.db.models import Q
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils import timezone

from webapp.common.errors import BadRequest, DiskFull, TooLarge, WinnowError
from webapp.common.models import Job
from webapp.common.templatetags.winnow import size

FIELD = "file"
# What no job knows is the file of a request that still runs, unless nothing was written to it for so long.
# (Longer than the clocks of two machines can be apart by mistake.)
ORPHAN_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Upload:
    """A file that has arrived: `token` is its name in the folder of uploads, `name` what the sender calls it."""

    token: str
    name: str
    size: int
    sha256: str


def upload_folder() -> Path:
    """Where uploads wait for their import."""
    folder = Path(settings.WINNOW_DATA) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def receive(request: HttpRequest) -> list[Upload]:
    """Read the body of `request`, writing its files to disk as they come.

    Raises TooLarge, DiskFull or BadRequest; then nothing is left on disk.
    """
    receiver = Receiver(request)
    request.upload_handlers = [receiver]
    try:
        request.FILES  # noqa: B018  (reading it parses the body)
    except UnreadablePostError:
        receiver.break_off()
    except BaseException:
        receiver.discard()
        raise
    if receiver.is_inside_file():  # the web server tells an upload that broke off from its end by nothing else
        receiver.break_off()
    if receiver.failure:
        raise receiver.failure
    return receiver.received


def discard(upload: Upload) -> None:
    """Delete an upload that no job will read."""
    (upload_folder() / upload.token).unlink(missing_ok=True)


class Receiver(FileUploadHandler):
    """Writes the files of one request to disk. A refused body is read to its end, so that the answer arrives."""

    chunk_size = 1024 * 1024

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received: list[Upload] = []
        self.failure: WinnowError | None = None
        self._size = 0
        self._token = ""
        self._target: IO[bytes] | None = None
        self._hash = hashlib.sha256()

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin a file; only those of our own form field are taken."""
        super().new_file(field_name, *args, **kwargs)
        if field_name != FIELD:
            raise SkipFile
        self._token = secrets.token_hex(16)
        self._hash = hashlib.sha256()
        try:
            self._target = (upload_folder() / self._token).open("xb")
        except OSError as error:
            self._fail(_storage_error(error))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece, or stop the whole request when it is too large or the disk is full."""
        self._size += len(raw_data)
        if self._size > settings.UPLOAD_LIMIT_BYTES:
            limit = size(settings.UPLOAD_LIMIT_BYTES)
            self._fail(TooLarge(f"The upload is larger than {limit}. Compress it with gzip, or send it in parts."))
        self._hash.update(raw_data)
        try:
            self._open_target().write(raw_data)
        except OSError as error:
            self._fail(_storage_error(error))

    def file_complete(self, file_size: int) -> None:
        """Keep the file for the view."""
        try:
            self._open_target().close()
        except OSError as error:
            self._fail(_storage_error(error))
        self._target = None
        self.received.append(Upload(self._token, self.file_name or "", file_size, self._hash.hexdigest()))

    def is_inside_file(self) -> bool:
        """The end of the last file has not come."""
        return self._target is not None

    def break_off(self) -> None:
        """The upload broke off: keep nothing of it."""
        self.discard()
        self.failure = self.failure or BadRequest("The upload broke off. Send the file again.")

    def discard(self) -> None:
        """Delete everything that this request has sent."""
        if self._target:
            try:
                self._target.close()
            except OSError:
                pass  # what is still buffered finds no room either; the file goes anyway
            (upload_folder() / self._token).unlink(missing_ok=True)
            self._target = None
        for upload in self.received:
            discard(upload)
        self.received.clear()

    def _open_target(self) -> IO[bytes]:
        if self._target is None:
            raise StopUpload(connection_reset=False)
        return self._target

    def _fail(self, failure: WinnowError) -> None:
        self.failure = failure
        self.discard()
        raise StopUpload(connection_reset=False)


def _storage_error(error: OSError) -> WinnowError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull("The disk of the server is full. Nothing of the upload was kept. Make room and send it again.")
    raise error


def sweep_uploads() -> None:
    """Delete files that no import can need any more: finished, stopped for TRASH_DAYS, or never queued."""
    files = list(upload_folder().iterdir())
    if not files:
        return
    needed = _needed_names()
    for file in files:
        if file.name in needed or file.stat().st_mtime > time.time() - ORPHAN_SECONDS:
            continue
        file.unlink(missing_ok=True)


def _needed_names() -> set[str]:
    limit = timezone.now() - timedelta(days=settings.TRASH_DAYS)
    waiting = Q(finished_at=None) | Q(finished_at__gt=limit)
    jobs = Job.objects.filter(waiting, kind="import_upload").exclude(state=Job.State.DONE)
    return {name for job in jobs for name in file_names(job)}


def file_names(job: Job) -> set[str]:
    """The files in the folder of uploads that an import works on: what was sent, and the lines unpacked from it."""
    return {job.parameters.get("upload") or lines_name(job), lines_name(job)}


def lines_name(job: Job) -> str:
    """The name under which the unpacked lines of an import lie."""
    return f"job-{job.pk}.lines"


def discard_files(job: Job) -> None:
    """Delete the files of an import that has ended for good."""
    for name in file_names(job):
        (upload_folder() / name).unlink(missing_ok=True)
