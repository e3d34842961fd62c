"""What this app hangs into the others: the baselines, what a purge takes along."""

from collections.abc import Sequence
from typing import Any

from django.db.models.signals import post_migrate
from django.dispatch import receiver

from webapp.conversations.hooks import HOLDS_HOOKS, PURGE_HOOKS
from webapp.conversations.models import Source
from webapp.evals import answer_filter
from webapp.evals.models import BASELINES, Answer, EvalResult, ModelEndpoint
from webapp.evals.purged import told_of_source


@receiver(post_migrate, dispatch_uid="evals-baselines")
def add_baselines(sender: Any, **_: Any) -> None:
    """The two baselines are endpoints like others; they are there from the start."""
    if getattr(sender, "label", "") != "evals":
        return
    for adapter in BASELINES:
        ModelEndpoint.objects.get_or_create(name=str(adapter), defaults={"adapter": adapter})


def delete_results(source: Source, conversation_ids: Sequence[int]) -> None:
    """Results go with their conversations, and so do answers that no other result needs. Counts of runs stay."""
    results = EvalResult.objects.filter(conversation_id__in=conversation_ids)
    answers = list(results.exclude(answer=None).values_list("answer_id", flat=True))
    results._raw_delete(results.db)
    orphans = Answer.objects.filter(pk__in=answers).exclude(results__isnull=False)
    orphans.delete()


PURGE_HOOKS.append(delete_results)
HOLDS_HOOKS.append(told_of_source)
answer_filter.register()
