"""Queueing what keeps the search index complete."""

from webapp.accounts.models import User
from webapp.common.actions import queue_job
from webapp.common.models import Job
from webapp.conversations.models import Source


def queue_indexing(*, source: Source, by: User | None, send: bool = True) -> Job:
    """Have the conversations of a source made searchable, from where that stopped. To be called when an import ends.

    Calling it twice does no harm; a job that waits is not queued again.
    """
    waiting = Job.objects.filter(kind="index_search", state=Job.State.QUEUED, parameters__source=source.pk).first()
    if waiting:
        return waiting
    title = f"Build the search index of {source.name}"
    return queue_job(kind="index_search", parameters={"source": source.pk}, by=by, title=title, send=send)
