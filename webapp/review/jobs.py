"""The jobs of this app; how a job runs is told in `webapp.common.running`."""

from django.urls import reverse

from webapp.common.models import Job
from webapp.common.running import JobRun, job_kind
from webapp.conversations.hooks import IMPORTED_HOOKS
from webapp.review import filling
from webapp.review.actions.queues import refill_after_import


def _queue_page(job: Job) -> str:
    return reverse("review:queue", args=[job.parameters["queue"]])


@job_kind(filling.FILL, title="Fill a queue", link=_queue_page)
def fill_queue(run: JobRun) -> None:
    """Look for the items of a queue."""
    filling.fill(run)


IMPORTED_HOOKS.append(refill_after_import)
