"""Deleting a source for good: its conversations with all that hangs on them, in chunks, then the source itself."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from webapp.common.models import Job
from webapp.common.running import JobRun
from webapp.conversations.hooks import before_purge
from webapp.conversations.models import (
    Conversation,
    ConversationText,
    Decision,
    Flag,
    ImportProblem,
    Revision,
    Source,
)

CHUNK = 2000


def purge(run: JobRun) -> None:
    """Delete everything that a source in the trash holds. Goes on from wherever it was stopped."""
    source = Source.objects.filter(pk=run.parameters["source"], state=Source.State.PURGING).first()
    if source is None:
        return
    if run.job.total is None:
        run.set_total(sum(tally.total for tally in source.tallies.all()))
    rows = Conversation.objects.filter(source=source).order_by("id").values_list("pk", flat=True)
    while rows.exists():
        with run.chunk() as progress:
            # Read anew and held: the search index of the source may be growing at this moment.
            held = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
            ids = list(rows.select_for_update()[:CHUNK])
            before_purge(held, ids)
            _delete(ids)
            progress.done += len(ids)
    with run.chunk(may_end_slice=False):
        if source.job:
            ImportProblem.objects.filter(job=source.job).delete()
        source.delete()


def _delete(ids: list[int]) -> None:
    hanging: list[QuerySet] = [  # type: ignore[type-arg]
        model._default_manager.filter(conversation_id__in=ids) for model in (Flag, Decision, Revision, ConversationText)
    ]
    for rows in [*hanging, Conversation.objects.filter(pk__in=ids)]:
        # Past the collector, which would load every row to look for what hangs on it.
        rows._raw_delete(rows.db)


def expired_sources() -> QuerySet[Source]:
    """Sources that lay in the trash for TRASH_DAYS and have had no purge lately (a failed one is tried once a day)."""
    now = timezone.now()
    lately = Job.objects.filter(kind="purge_source", created_at__gt=now - timedelta(days=1))
    tried = [job.parameters.get("source") for job in lately]
    return Source.objects.filter(deleted_at__lt=now - timedelta(days=settings.TRASH_DAYS)).exclude(pk__in=tried)
