"""How the jobs that ask an endpoint share what it can take at once.

Each job writes down how many places it takes, in the transaction of its chunk; the others count on these. A job whose
part gets smaller keeps its places until so many answers have come; one that is new begins with what is free by then.
"""

from django.db.models.functions import Now

from webapp.common.models import Job
from webapp.evals.models import ModelEndpoint

#: The kinds of jobs that ask: the one that leads a run, and those that help it.
LEAD, HELP = "evaluate", "evaluate_help"
#: The places that a job takes, in its cursor.
PLACES = "places"


def places_of(concurrency: int, job: Job) -> tuple[int, int]:
    """How many questions at once this job may have open now, and how many once the others have made room.

    The endpoint's limit is divided among all that ask it; what does not divide evenly goes to the jobs that were there
    first. With more jobs than places some get 0. No other job can look until the caller's transaction ends.
    """
    endpoint = job.parameters["endpoint"]
    list(ModelEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint).values_list("pk"))
    asking = Job.objects.filter(
        kind__in=[LEAD, HELP],
        state=Job.State.RUNNING,
        lease_until__gt=Now(),
        parameters__endpoint=endpoint,
        cursor__has_key=PLACES,
    )
    others = {pk: cursor[PLACES] for pk, cursor in asking.exclude(pk=job.pk).values_list("pk", "cursor")}
    each, rest = divmod(concurrency, len(others) + 1)
    fair = each + int(sum(1 for pk in others if pk < job.pk) < rest)
    return max(0, min(fair, concurrency - sum(others.values()))), fair
