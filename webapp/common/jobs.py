"""The two Celery messages: work on one job, and sweep up after crashes."""

from celery import shared_task
from django.conf import settings

from webapp.common import actions
from webapp.common.running import SWEEPS, run_slice


@shared_task
def run_job(job_id: int) -> None:
    """Work on a job for one slice."""
    run_slice(job_id, slice_seconds=settings.SLICE_SECONDS)


@shared_task
def sweep() -> None:
    """Bring back jobs whose worker died and jobs that the broker lost; then the sweeps of the apps."""
    actions.requeue_lost_jobs()
    for tidy in SWEEPS:
        tidy()
