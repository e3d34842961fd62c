"""The two Celery messages: work on one job, and sweep up after crashes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from webapp.common import actions
from webapp.common.errors import database_is_away
from webapp.common.heartbeat import take_turn
from webapp.common.running import SWEEPS, run_slice

logger = logging.getLogger(__name__)


@shared_task
def run_job(job_id: int, fence: int) -> None:
    """Work on a job for one slice, if nobody has claimed it since the message was sent."""
    with database_may_be_away():
        run_slice(job_id, slice_seconds=settings.SLICE_SECONDS, fence=fence)


@shared_task
def sweep() -> None:
    """Bring back jobs whose worker died and jobs that the broker lost; then the sweeps of the apps.

    Messages that have piled up while no worker ran are one sweep.
    """
    with database_may_be_away():
        if take_turn("sweep", seconds=settings.SWEEP_SECONDS / 2):
            actions.requeue_lost_jobs()
            for tidy in SWEEPS:
                tidy()


@contextmanager
def database_may_be_away() -> Iterator[None]:
    """One line in the log instead of a traceback: a later sweep does what was left undone."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        if not database_is_away(error):
            raise
        logger.warning("The database did not answer (%s).", error)
