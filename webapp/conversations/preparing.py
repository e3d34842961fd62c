"""From the file that was given to plain lines whose number and SHA-256 are known, before the first one is read."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from webapp.common.errors import JobFailed
from webapp.common.running import JobRun
from webapp.conversations.content.unpacking import prepare
from webapp.conversations.models import Source
from webapp.conversations.uploads import lines_name, upload_folder

BLOCK = 4 * 1024 * 1024
BREATH_BYTES = 256 * 1024 * 1024


def prepare_file(run: JobRun, source: Source) -> bool:
    """Unpack and count the file; False when the same file is in Winnow already. Raises BadFile.

    Sets the cursor to its beginning.
    """
    given = given_file(run)
    identity = [given.stat().st_size, given.stat().st_mtime_ns]
    sha256 = run.parameters.get("sha256") or _sha256(run, given)
    Source.objects.filter(pk=source.pk).update(fingerprint=sha256)
    if not run.parameters["keep_duplicates"] and _tell_same(run, source, sha256):
        return False
    target = upload_folder() / lines_name(run.job)
    watch = Watch(run)
    prepared = prepare(given, target, output_limit=settings.UNPACKED_LIMIT_BYTES, watch=watch)
    lines = _count_lines(prepared.path, watch)
    with run.chunk(may_end_slice=False) as progress:
        progress.total, progress.step = lines, ""
        progress.result = {**progress.result, "unit": prepared.unit, "problem": prepared.problem}
        progress.cursor = {"path": str(prepared.path), "line": 0, "offset": 0, "position": 0, "identity": identity}
    return True


def given_file(run: JobRun) -> Path:
    """The file as it was given. Raises JobFailed when it is gone."""
    token = run.parameters.get("upload")
    path = upload_folder() / token if token else Path(run.parameters["path"])
    if not path.is_file():
        what = "The uploaded file is no longer there. Upload it again." if token else f"There is no file {path}."
        raise JobFailed(what, final=bool(token))
    return path


def file_of(run: JobRun) -> Path:
    """The plain lines of an import that has been prepared. Raises JobFailed where they are gone or not the same."""
    given = given_file(run)
    if [given.stat().st_size, given.stat().st_mtime_ns] != run.cursor["identity"]:
        raise JobFailed("The file has changed since the import began. Import it again from its beginning.", final=True)
    path = Path(run.cursor["path"])
    if not path.is_file():
        raise JobFailed("The unpacked file is no longer there. Upload the file again.", final=True)
    return path


class Watch:
    """Shows how far the preparation is, keeps the lease, and stops when the job is cancelled."""

    def __init__(self, run: JobRun) -> None:
        self.run = run
        self.seen = 0
        self.step = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`done` of `total` bytes are read in a step called `step`."""
        if step == self.step and done - self.seen < BREATH_BYTES:
            return
        self.step, self.seen = step, done
        with self.run.chunk(may_end_slice=False) as progress:
            percent = 100 * done // total if total else 0
            progress.step = f"{step}, {percent} %"


def _sha256(run: JobRun, path: Path) -> str:
    digest = hashlib.sha256()
    watch, total = Watch(run), path.stat().st_size
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            watch("reading the file", file.tell(), total)
    return digest.hexdigest()


def _count_lines(path: Path, watch: Watch) -> int:
    lines, total, block = 0, path.stat().st_size, b""
    with path.open("rb") as file:
        while more := file.read(BLOCK):
            block = more
            lines += block.count(b"\n")
            watch("counting lines", file.tell(), total)
    return lines if block.endswith(b"\n") else lines + 1


def _tell_same(run: JobRun, source: Source, sha256: str) -> bool:
    """Whether an earlier source is of the same file. Only one that is all there counts: else the lines tell."""
    earlier = Source.objects.live().filter(kind=Source.Kind.UPLOAD, fingerprint=sha256, pk__lt=source.pk)
    same = earlier.filter(state=Source.State.READY).first()
    if same is None:
        return False
    with run.chunk(may_end_slice=False) as progress:
        day = timezone.localtime(same.created_at).strftime("%Y-%m-%d %H:%M")
        progress.result = {**progress.result, "same_as": {"source": same.pk, "name": same.name, "on": day}}
    return True
