"""The Celery application. Celery only carries messages; the truth about a job is its row in the database."""

import os
import threading
import time
from typing import Any

from billiard import pool
from celery import Celery
from celery.signals import worker_process_init, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

# Asked to end, a process of the pool waits so often (0.1 s each) for its parent to read its last result, which the
# parent may not do any more. Nothing depends on it: the message of a job that was claimed is void.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10

app = Celery("winnow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@worker_process_init.connect
def start_heartbeat(**_: Any) -> None:
    """Tell the database every few seconds that a worker is alive, so that the pages can say when none is.

    The thread runs in the pool's processes, not in their parent: a database connection must not cross a fork.
    """
    threading.Thread(target=_beat_forever, daemon=True, name="heartbeat").start()


@worker_shutting_down.connect
def give_jobs_back(**_: Any) -> None:
    """Celery waits for what its pool's processes do, and these do not hear the signal themselves."""
    from webapp.common.running import end_slices

    end_slices()


def _beat_forever() -> None:
    from django.conf import settings
    from django.db import DatabaseError, connection

    from webapp.common.heartbeat import record_worker_seen

    while True:
        try:
            record_worker_seen()
        except DatabaseError:
            connection.close()  # the next beat opens a fresh one
        time.sleep(settings.HEARTBEAT_SECONDS)
