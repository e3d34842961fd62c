"""How jobs run: the lease and its fence, chunks, cancel, continue, deaths, the sweep."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from tests.factories import make_user
from webapp.accounts.models import Role, User
from webapp.common import actions, running
from webapp.common.errors import Conflict, Forbidden, JobFailed
from webapp.common.jobs import sweep
from webapp.common.models import Heartbeat, Job
from webapp.common.running import KINDS, JobKind, JobRun, claim, run_slice

pytestmark = pytest.mark.django_db(transaction=True)
Publish = list[int]
LONG_AGO = timezone.now() - timedelta(hours=1)


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """The ids of the jobs that workers were told about."""
    sent: Publish = []
    monkeypatch.setattr(running, "publish", lambda job_id, fence: sent.append(job_id))
    monkeypatch.setattr(actions, "publish", lambda job_id, fence: sent.append(job_id))
    return sent


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def add(function: Callable[[JobRun], None], **fields: Any) -> None:
        monkeypatch.setitem(KINDS, "work", JobKind("work", "Work", function, **fields))

    return add


def count_to_ten(run: JobRun) -> None:
    """Ten chunks; each notes what it wrote, so that nothing can happen twice unseen."""
    run.set_total(10)
    while run.cursor.get("at", 0) < 10:
        with run.chunk() as progress:
            at = progress.cursor.get("at", 0)
            Heartbeat.objects.create(name=f"row {at}", seen_at=timezone.now())
            progress.cursor["at"] = at + 1
            progress.done += 1


def make_job(by: User | None = None, **fields: Any) -> Job:
    job = actions.queue_job(kind="work", parameters={}, by=by, unit="rows")
    Job.objects.filter(pk=job.pk).update(**fields)
    job.refresh_from_db()
    return job


def run(job: Job, *, slice_seconds: float | None = None) -> Job:
    done = run_slice(job.pk, slice_seconds=slice_seconds)
    assert done is not None
    return done


def rows() -> int:
    return Heartbeat.objects.filter(name__startswith="row").count()


def test_queueing_tells_the_workers_after_the_commit(register: Callable[..., None], published: Publish) -> None:
    register(count_to_ten)
    job = make_job()
    assert (job.state, job.title, published) == ("queued", "Work", [job.pk])


def test_a_job_runs_to_its_end(register: Callable[..., None]) -> None:
    register(count_to_ten)
    job = run(make_job())
    assert (job.state, job.done, job.total, rows()) == ("done", 10, 10, 10)
    assert (job.lease_until, job.error, job.percent()) == (None, "", 100.0)


def test_slices_add_up(register: Callable[..., None], published: Publish) -> None:
    register(count_to_ten)
    job = make_job()
    slices = 0
    while not run(job, slice_seconds=0).is_finished():
        slices += 1
    job.refresh_from_db()
    assert (job.state, job.done, rows(), slices) == ("done", 10, 10, 10)
    assert len(published) == 11


def test_a_finished_or_held_job_cannot_be_claimed(register: Callable[..., None]) -> None:
    register(count_to_ten)
    job = make_job()
    assert claim(job.pk) is not None
    assert claim(job.pk) is None
    Job.objects.update(state=Job.State.DONE)
    assert claim(job.pk) is None
    assert claim(10_000) is None


def test_a_message_is_void_once_the_job_was_claimed(register: Callable[..., None]) -> None:
    register(count_to_ten)
    job = make_job()
    first = claim(job.pk, fence=0)
    Job.objects.update(state=Job.State.QUEUED)
    assert first is not None
    assert claim(job.pk, fence=0) is None
    assert claim(job.pk, fence=first.fence) is not None


def test_a_worker_that_is_asked_to_end_gives_back_after_any_chunk(
    register: Callable[..., None], published: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(count_to_ten)
    monkeypatch.setattr(running, "_ENDING", bytearray(1))
    job = make_job()
    running.end_slices()
    given_back = run(job)
    assert (given_back.state, given_back.lease_until, given_back.done) == ("queued", None, 0)
    assert published == [job.pk, job.pk]


def test_a_lease_that_ran_out_can_be_claimed_and_counts_as_a_death(register: Callable[..., None]) -> None:
    register(count_to_ten)
    job = make_job()
    first = claim(job.pk)
    Job.objects.update(lease_until=LONG_AGO)
    second = claim(job.pk)
    assert first is not None
    assert second is not None
    assert (second.fence, second.attempts) == (first.fence + 1, 1)


def test_a_worker_that_lost_its_lease_writes_nothing(register: Callable[..., None]) -> None:
    def overtaken(run: JobRun) -> None:
        with run.chunk() as progress:
            progress.done = 1
        Job.objects.update(fence=run.job.fence + 1)
        with run.chunk() as progress:
            Heartbeat.objects.create(name="row late", seen_at=timezone.now())
            progress.done = 2

    register(overtaken)
    job = run(make_job())
    assert (job.state, job.done, rows()) == ("running", 1, 0)


def test_a_late_end_does_not_overwrite(register: Callable[..., None]) -> None:
    def overtaken_at_the_end(run: JobRun) -> None:
        Job.objects.update(fence=run.job.fence + 1)

    register(overtaken_at_the_end)
    assert run(make_job()).state == "running"


def test_cancel_stops_after_the_chunk_and_continue_goes_on(register: Callable[..., None]) -> None:
    stopped: list[str] = []

    def cancelled_at_three(run: JobRun) -> None:
        if run.job.fence == 1:
            while True:
                with run.chunk() as progress:
                    progress.done += 1
                    if progress.done == 3:
                        Job.objects.update(cancel_requested=True)
        with run.chunk() as progress:
            progress.done += 1

    register(cancelled_at_three, on_stop=lambda job: stopped.append(job.state))
    job = run(make_job())
    assert (job.state, job.done, stopped) == ("cancelled", 3, ["cancelled"])
    actions.continue_job(job=job, by=None)
    assert (run(job).state, Job.objects.get().done) == ("done", 4)


def test_a_job_that_waits_is_cancelled_at_once(register: Callable[..., None]) -> None:
    stopped: list[str] = []
    register(count_to_ten, on_stop=lambda job: stopped.append(job.state))
    job = make_job()
    actions.cancel_job(job=job, by=None)
    job.refresh_from_db()
    assert (job.state, stopped, claim(job.pk)) == ("cancelled", ["cancelled"], None)


def test_only_what_stopped_can_continue(register: Callable[..., None]) -> None:
    register(count_to_ten)
    with pytest.raises(Conflict):
        actions.continue_job(job=make_job(), by=None)


def test_what_failed_for_good_cannot_continue(register: Callable[..., None]) -> None:
    def refuse(run: JobRun) -> None:
        raise JobFailed("The file is empty.", final=True)

    register(refuse)
    job = run(make_job())
    assert (job.state, job.final, job.may_continue()) == ("failed", True, False)
    with pytest.raises(Conflict, match="only fail again"):
        actions.continue_job(job=job, by=None)
    assert Job.objects.get().state == "failed"


def test_others_may_not_change_it(register: Callable[..., None]) -> None:
    register(count_to_ten)
    job = make_job(make_user(Role.CURATOR))
    with pytest.raises(Forbidden):
        actions.cancel_job(job=job, by=make_user(Role.CURATOR))
    actions.cancel_job(job=job, by=make_user(Role.ADMIN))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (JobFailed("Line 3 is bad."), "Line 3 is bad."),
        (OSError(28, "No space left on device"), "The disk is full."),
        (OperationalError("database or disk is full"), "The disk is full."),
        (ZeroDivisionError("secret"), "Something went wrong inside Winnow."),
    ],
)
def test_a_failure_says_what_to_do(register: Callable[..., None], error: Exception, message: str) -> None:
    def fail(run: JobRun) -> None:
        raise error

    stopped: list[str] = []
    register(fail, on_stop=lambda job: stopped.append(job.error))
    job = run(make_job())
    assert (job.state, stopped) == ("failed", [job.error])
    assert message in job.error
    assert "secret" not in job.error


def test_a_database_that_is_busy_brings_the_job_back_later(register: Callable[..., None]) -> None:
    def busy(run: JobRun) -> None:
        raise OperationalError("database is locked")

    register(busy)
    assert run(make_job()).state == "running"


def test_the_lease_is_renewed_while_one_long_call_is_held(register: Callable[..., None], settings: Settings) -> None:
    register(count_to_ten)
    settings.LEASE_SECONDS = 0.3
    job = claim(make_job().pk)
    assert job is not None
    renewed = Job.objects.filter(pk=job.pk, lease_until__gt=job.lease_until)
    deadline = time.monotonic() + 20
    with JobRun(job, None).holding():
        while not renewed.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert renewed.exists()


def test_the_third_death_without_progress_ends_it(register: Callable[..., None], settings: Settings) -> None:
    register(count_to_ten)
    job = run(make_job(attempts=settings.JOB_ATTEMPTS))
    assert job.state == "failed"
    assert "died 3 times in a row" in job.error


def test_progress_forgives_deaths(register: Callable[..., None]) -> None:
    register(count_to_ten)
    assert run(make_job(attempts=2)).attempts == 0


def test_the_sweep_brings_back_what_a_dead_worker_left(register: Callable[..., None], published: Publish) -> None:
    register(count_to_ten)
    job = make_job(state=Job.State.RUNNING, lease_until=LONG_AGO, fence=4)
    published.clear()
    sweep()
    job.refresh_from_db()
    assert (job.state, job.attempts, published) == ("queued", 1, [job.pk])


def test_the_sweep_sends_again_what_the_broker_lost(register: Callable[..., None], published: Publish) -> None:
    register(count_to_ten)
    lost, fresh = make_job(published_at=LONG_AGO), make_job(published_at=timezone.now())
    published.clear()
    sweep()
    assert published == [lost.pk]
    assert fresh.pk not in published


def test_the_sweep_leaves_what_runs(register: Callable[..., None], published: Publish) -> None:
    register(count_to_ten)
    make_job(state=Job.State.RUNNING, lease_until=timezone.now() + timedelta(minutes=1))
    published.clear()
    sweep()
    assert published == []


@pytest.mark.parametrize(
    ("change", "message"),
    [({"role": "viewer"}, "ada may no longer do this"), ({"is_active": False}, "ada is deactivated")],
)
def test_a_job_stops_when_its_owner_lost_the_role(
    register: Callable[..., None], change: dict[str, Any], message: str
) -> None:
    def demoted(run: JobRun) -> None:
        with run.chunk() as progress:
            progress.done = 1
        User.objects.update(**change)
        with run.chunk() as progress:
            progress.done = 2

    register(demoted, role="curator")
    job = run(make_job(make_user(Role.CURATOR, username="ada")))
    assert (job.state, job.done) == ("failed", 1)
    assert message in job.error


def test_a_slice_is_wanted_elsewhere_when_its_time_is_over_and_another_job_waits(
    register: Callable[..., None],
) -> None:
    """Who leads does not make way for those who only help; a helper makes way for everybody."""
    register(count_to_ten)
    leads, helps = make_job(), make_job(helps=True)
    for job, waiting, wanted in ((leads, helps, False), (helps, leads, True)):
        Job.objects.filter(pk=waiting.pk).update(state=Job.State.QUEUED)
        assert JobRun(job, 0.0).is_wanted_elsewhere() is wanted
        assert JobRun(job, 60.0).is_wanted_elsewhere() is False
        assert JobRun(job, None).is_wanted_elsewhere() is False
    Job.objects.filter(pk=leads.pk).update(state=Job.State.DONE)
    assert JobRun(helps, 0.0).is_wanted_elsewhere() is False
