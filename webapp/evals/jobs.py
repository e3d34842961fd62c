"""The jobs of this app; how a job runs is told in `webapp.common.running`."""

from django.urls import reverse

from webapp.common.models import Job
from webapp.common.running import JobRun, job_kind
from webapp.evals import leading
from webapp.evals.rescoring import RESCORE, rescore
from webapp.evals.sharing import HELP, LEAD


def _run_page(job: Job) -> str:
    return reverse("evals:run", args=[job.parameters["run"]])


@job_kind(LEAD, title="Evaluate", on_stop=leading.stop_run, link=_run_page)
def evaluate(run: JobRun) -> None:
    """Bring a run to its end."""
    leading.lead(run)


@job_kind(HELP, title="Help with an evaluation", on_stop=leading.stop_helping, link=_run_page)
def evaluate_help(run: JobRun) -> None:
    """Ask for a run that another job leads."""
    leading.help_with(run)


@job_kind(RESCORE, title="Score again", link=_run_page)
def evaluate_rescore(run: JobRun) -> None:
    """Score the stored answers of a run again; nobody is asked."""
    rescore(run)
