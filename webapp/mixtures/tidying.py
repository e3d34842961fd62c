"""Removing what interrupted exports leave behind."""

import os
import re
import shutil
from pathlib import Path

from webapp.common.models import Job
from webapp.mixtures.models import Export, exports_folder

_LEFTOVER = re.compile(r"\.making-(?P<folder>\d+)-(?P<token>\d+)$|\..+\.(?P<part>\d+)-(?P<part_token>\d+)\.part$")


def sweep_leftovers() -> None:
    """Remove working folders and temporaries that no unfinished export uses any more."""
    for entry in _hidden(exports_folder()):
        match = _LEFTOVER.match(entry.name)
        if match:
            export_id = int(match["folder"] or match["part"])
            if int(match["token"] or match["part_token"]) not in tokens_in_use(export_id):
                _remove(Path(entry.path))


def tokens_in_use(export_id: int) -> set[int]:
    """The listings of an export that somebody works on: the recorded one, and that of the worker who has it now."""
    export = Export.objects.filter(pk=export_id, state=Export.State.MAKING).select_related("job").first()
    if export is None or export.job is None:
        return set()
    return {export.job.fence, export.job.cursor.get("token", 0)}


def remove_leftovers(export: Export) -> None:
    """Remove everything that an export has written so far, apart from a finished file."""
    for folder in exports_folder().glob(f".making-{export.pk}-*"):
        _remove(folder)
    path = export.path()
    for part in path.parent.glob(f".*.{export.pk}-*.part"):
        _remove(part)


def give_up(job: Job) -> None:
    """The job of an export failed or was cancelled: make room; Continue begins anew."""
    export = Export.objects.filter(pk=job.parameters["export"]).first()
    if export is None or export.state != Export.State.MAKING:
        return
    state = Export.State.CANCELLED if job.state == Job.State.CANCELLED else Export.State.FAILED
    Export.objects.filter(pk=export.pk).update(state=state)
    remove_leftovers(export)
    if job.cursor.get("step") == "check":
        # Written, but not found to be right.
        export.path().unlink(missing_ok=True)
        export.manifest_path().unlink(missing_ok=True)


def _hidden(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name.startswith(".")]
    except FileNotFoundError:
        return []


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
