"""The jobs of this app; how a job runs is told in `webapp.common.running`."""

from django.urls import reverse

from webapp.common.models import Job
from webapp.common.running import SWEEPS, JobRun, job_kind
from webapp.conversations import importing, indexing, purging, task_imports
from webapp.conversations.actions.search import queue_indexing
from webapp.conversations.actions.sources import purge_expired_sources
from webapp.conversations.hooks import IMPORTED_HOOKS
from webapp.conversations.models import Conversation, Source
from webapp.conversations.uploads import sweep_uploads


def _report_page(job: Job) -> str:
    return reverse("conversations:import_report", args=[job.pk])


@job_kind("import_upload", title="Import a file", on_stop=importing.leave_incomplete, link=_report_page)
def import_upload(run: JobRun) -> None:
    """An uploaded file, or one on this machine."""
    importing.import_upload(run)


@job_kind("import_task", title="Import a task", on_stop=importing.leave_incomplete, link=_report_page)
def import_task(run: JobRun) -> None:
    """A task of tasks_core."""
    task_imports.import_task(run)


@job_kind("purge_source", title="Delete a source for good")
def purge_source(run: JobRun) -> None:
    """A source of the trash."""
    purging.purge(run)


def _list_of_source(job: Job) -> str:
    return f"{reverse('conversations:list')}?source={job.parameters['source']}"


@job_kind("index_search", title="Build the search index", link=_list_of_source)
def index_search(run: JobRun) -> None:
    """Make the conversations of a source searchable, from where the index ends."""
    source = Source.objects.filter(pk=run.parameters["source"]).first()
    if source is None:
        return
    left = Conversation.objects.filter(source=source, pk__gt=source.indexed_through).count()
    run.set_total(run.job.done + left)
    indexing.refresh_statistics("conversations_conversation", "conversations_flag")
    after = source.indexed_through
    while (batch := indexing.next_batch(source.pk, after)).rows:
        prepared = indexing.prepare(batch)
        with run.chunk() as progress:
            stored = indexing.store(source.pk, after, batch, prepared)
            progress.done += len(batch.rows) if stored else 0
        after = batch.last if stored else indexing.reached(source.pk)
    indexing.refresh_statistics("conversations_search")


def _index_imported(source: Source) -> None:
    # Nobody in particular asks for it, so nobody who leaves stops it.
    queue_indexing(source=source, by=None)


IMPORTED_HOOKS.append(_index_imported)
SWEEPS += [sweep_uploads, purge_expired_sources]
