"""How the workers of an endpoint share what it can take at once."""

from django.db.models.functions import Now

from webapp.common.models import Job

#: The kinds of jobs that ask: the one that leads a run, and those that help it.
LEAD, HELP = "evaluate", "evaluate_help"


def share_of(concurrency: int, job: Job) -> int:
    """How many questions at once this job may have open: the endpoint's limit, divided among all that ask it now.

    What does not divide evenly goes to the jobs that were there first; with more jobs than places some get 0.
    """
    asking = Job.objects.filter(
        kind__in=[LEAD, HELP],
        state=Job.State.RUNNING,
        lease_until__gt=Now(),
        parameters__endpoint=job.parameters["endpoint"],
    )
    others = sorted({*asking.values_list("pk", flat=True), job.pk})
    each, rest = divmod(concurrency, len(others))
    return each + int(others.index(job.pk) < rest)
