"""The two Celery messages: work on one job, and sweep up after crashes."""

from celery import shared_task
from django.conf import settings

from webapp.common import actions
from webapp.common.heartbeat import take_turn
from webapp.common.running import SWEEPS, run_slice


@shared_task
def run_job(job_id: int, fence: int) -> None:
    """Work on a job for one slice, if nobody has claimed it since the message was sent."""
    run_slice(job_id, slice_seconds=settings.SLICE_SECONDS, fence=fence)


@shared_task
def sweep() -> None:
    """Bring back jobs whose worker died and jobs that the broker lost; then the sweeps of the apps.

    Messages that have piled up while no worker ran are one sweep.
    """
    if not take_turn("sweep", seconds=settings.SWEEP_SECONDS / 2):
        return
    actions.requeue_lost_jobs()
    for tidy in SWEEPS:
        tidy()
