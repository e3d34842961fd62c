"""The kinds of jobs of this app."""

from typing import Any

from django.db.models.functions import Now
from django.urls import reverse

from webapp.common.errors import JobFailed
from webapp.common.models import Job
from webapp.common.running import SWEEPS, JobRun, job_kind
from webapp.mixtures.exporting import make_export
from webapp.mixtures.models import Export
from webapp.mixtures.tidying import give_up, remove_leftovers, sweep_leftovers
from webapp.mixtures.verifying import CannotCheck, verify_file

SWEEPS.append(sweep_leftovers)


def export_link(job: Job) -> str | None:
    return reverse("mixtures:export", args=[job.parameters["export"]])


@job_kind("export", title="Export", on_stop=give_up, link=export_link)
def export(run: JobRun) -> None:
    """Write the file of an export."""
    found = _export_of(run)
    if found.state == Export.State.DELETED:
        raise JobFailed("This export was deleted. Export the mixture again.")
    kept = [Export.State.READY, Export.State.DELETED]
    Export.objects.filter(pk=found.pk).exclude(state__in=kept).update(state=Export.State.MAKING)
    make_export(run, found)
    remove_leftovers(found)


@job_kind("verify_export", title="Check an export", link=export_link)
def verify_export(run: JobRun) -> None:
    """Check the file of an export against its manifest."""
    found = _export_of(run)
    run.set_total(found.lines or 0, step="checking")

    def report(lines: int) -> None:
        with run.chunk(may_end_slice=False) as progress:
            progress.done = lines

    try:
        with run.holding():
            problems = verify_file(found.path(), on_lines=report)
    except CannotCheck as error:
        problems = [str(error)]
    with run.chunk(may_end_slice=False) as progress:
        Export.objects.filter(pk=found.pk).update(checked_at=Now(), problems="\n".join(problems))
        progress.done = found.lines or 0
        result: dict[str, Any] = {"export": found.pk, "problems": problems}
        progress.result = result


def _export_of(run: JobRun) -> Export:
    found = Export.objects.filter(pk=run.parameters["export"]).select_related("created_by").first()
    if found is None:
        raise JobFailed("This export does not exist any more.")
    return found
