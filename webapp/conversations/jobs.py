"""The jobs of this app; the jobs themselves are told how to run by `webapp.common.running`."""

from webapp.common.running import JobRun, job_kind
from webapp.conversations import indexing
from webapp.conversations.models import Conversation, Source


@job_kind("index_search", title="Build the search index")
def index_search(run: JobRun) -> None:
    """Make the conversations of a source searchable, from where the index ends."""
    source = Source.objects.filter(pk=run.parameters["source"]).first()
    if source is None:
        return
    left = Conversation.objects.filter(source=source, pk__gt=source.indexed_through).count()
    run.set_total(run.job.done + left)
    after = source.indexed_through
    while (batch := indexing.next_batch(source.pk, after)).rows:
        prepared = indexing.prepare(batch)
        with run.chunk() as progress:
            stored = indexing.store(source.pk, after, batch, prepared)
            progress.done += len(batch.rows) if stored else 0
        after = batch.last if stored else indexing.reached(source.pk)
