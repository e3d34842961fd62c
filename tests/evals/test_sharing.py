"""How jobs share an endpoint, and what a worker does when its endpoint must not be asked any more."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from tests.evals.making import make_endpoint
from tests.evals.working import number_source, outcomes, start, work
from tests.standin import StandIn
from webapp.common.errors import Conflict
from webapp.common.models import Job
from webapp.evals.actions.runs import resume_run
from webapp.evals.models import EvalRun, ModelEndpoint
from webapp.evals.sharing import HELP, LEAD, PLACES, places_of

pytestmark = pytest.mark.django_db(transaction=True)


def asking(endpoint: ModelEndpoint, places: int | None, *, kind: str = LEAD, lease: int = 60) -> Job:
    """A job that asks; None: it has not begun to."""
    return Job.objects.create(
        kind=kind,
        title="asks",
        state=Job.State.RUNNING,
        lease_until=timezone.now() + timedelta(seconds=lease),
        parameters={"run": 1, "endpoint": endpoint.pk},
        cursor={} if places is None else {PLACES: places},
    )


@transaction.atomic
def places(job: Job, concurrency: int = 8) -> tuple[int, int]:
    return places_of(concurrency, job)


def test_one_job_has_all_places() -> None:
    assert places(asking(make_endpoint(), None)) == (8, 8)


def test_a_new_job_begins_with_what_is_free() -> None:
    endpoint = make_endpoint()
    first, second = asking(endpoint, 8), asking(endpoint, None, kind=HELP)
    assert places(second) == (0, 4)
    second.cursor = {PLACES: 0}
    second.save()
    assert places(first) == (4, 4)
    first.cursor = {PLACES: 5}  # four may be open, and five still are
    first.save()
    assert places(second) == (3, 4)


def test_what_does_not_divide_evenly_goes_to_those_who_were_there_first() -> None:
    endpoint = make_endpoint()
    jobs = [asking(endpoint, 0) for _ in range(3)]
    assert [places(job)[1] for job in jobs] == [3, 3, 2]
    assert [places(job, 2)[1] for job in jobs] == [1, 1, 0]


def test_only_jobs_that_ask_the_same_endpoint_count() -> None:
    endpoint = make_endpoint()
    asking(make_endpoint(), 8)
    asking(endpoint, 8, lease=-1)
    asking(endpoint, None)  # it waits for an import
    assert places(asking(endpoint, None)) == (8, 8)


def test_an_address_that_is_not_allowed_any_more_pauses_the_run(tmp_path: Path, settings: Settings) -> None:
    settings.ENDPOINT_LOOPBACK = True
    with StandIn(tmp_path, rule="always", answer="#### 1") as server:
        run = start(number_source(30), make_endpoint(address=server.address, tries=1))
        server.behave(fault="401", fault_after=15)
        work(run)
        server.behave(fault="")
        settings.ENDPOINT_LOOPBACK = False
        resume_run(run=run, by=None, send=False)
        work(run)
        assert (run.state, "private address" in run.reason) == (EvalRun.State.PAUSED, True)
        settings.ENDPOINT_LOOPBACK = True
        resume_run(run=run, by=None, send=False)
        work(run)
    assert (run.state, sum(outcomes(run).values()), "error" in outcomes(run)) == (EvalRun.State.DONE, 30, False)


def test_a_run_that_is_still_stopping_cannot_be_resumed() -> None:
    run = start(number_source(1), make_endpoint())
    Job.objects.update(state=Job.State.RUNNING, cancel_requested=True)
    EvalRun.objects.filter(pk=run.pk).update(state=EvalRun.State.CANCELLED)
    with pytest.raises(Conflict, match="still stopping"):
        resume_run(run=run, by=None, send=False)
