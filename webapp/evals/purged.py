"""Runs whose conversations are deleted for good: what is said before, and how it is told afterwards."""

from webapp.common.templatetags.winnow import plural
from webapp.conversations.models import Source
from webapp.evals.choosing import named_sources
from webapp.evals.models import EvalResult, EvalRun

#: Said of a run that has only its counts left.
GONE = "The conversations were deleted for good: the counts stay, the answers are gone."
#: So many runs, the newest, are looked through.
MOST_RUNS = 1000


def answers_are_gone(run: EvalRun) -> bool:
    """Whether something was answered of which no result is left."""
    return run.done > 0 and not EvalResult.objects.filter(run=run).exists()


def told_of_source(source: Source) -> str:
    """What deleting the source takes from evaluations, as a sentence; empty where none names it."""
    selections = EvalRun.objects.order_by("-pk").values_list("selection", flat=True)[:MOST_RUNS]
    count = sum(source.pk in named_sources(selection) for selection in selections)
    if not count:
        return ""
    return (
        f"{plural(count, 'evaluation,evaluations')} used this source. When it is deleted for good, their answers for"
        " these conversations are deleted too; only the counts stay."
    )
