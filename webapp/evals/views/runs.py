"""The page of a run: its numbers, which fill while it goes on, and what was asked how."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from webapp.accounts.models import Role, User
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.models import Job
from webapp.common.pages import render_page
from webapp.evals import broken, purged, showing_runs
from webapp.evals.counts import live_numbers
from webapp.evals.fetching import get_run_for_user
from webapp.evals.models import EvalRun
from webapp.evals.rescoring import RESCORE

NUMBERS = "run-numbers"


@require_GET
@role_required(Role.VIEWER)
def run(request: UserRequest, pk: int) -> HttpResponse:
    """The page. Its numbers ask for themselves while they change; at the end the page is loaded anew."""
    found = get_run_for_user(request.user, pk, with_report=True)
    if request.headers.get("HX-Target") == NUMBERS and "seen" in request.GET:
        if not found.is_live():
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        if request.GET["seen"] == _mark(found):
            return HttpResponse(status=204)
    live = live_numbers(found)
    gone = purged.GONE if purged.answers_are_gone(found) else ""
    context = {
        "run": found,
        "gone": gone,
        "broken": None if gone else broken.failed_references(found, live.counts),
        "mark": _mark(found),
        "live": live,
        "counts": live.counts,
        "shares": showing_runs.outcome_shares(found, live),
        "errors": showing_runs.error_shares(found, live),
        "failures": showing_runs.failure_shares(found, live),
        "tasks": showing_runs.task_rows(found, live),
        "subjects": showing_runs.subject_rows(found, live),
        "report": showing_runs.shown_report(found),
        "facts": showing_runs.facts_of(found, with_address=request.user.may_curate()),
        "job": _job_to_follow(found),
        "may_change": _may_change(request.user, found),
    }
    return render_page(request, "evals/run.html", context, partials={NUMBERS: "numbers"})


def _mark(run: EvalRun) -> str:
    """It changes when the numbers do."""
    return f"{run.state}-{run.done}"


def _job_to_follow(run: EvalRun) -> Job | None:
    """The run's own job, or the one that scores it again; None where nothing goes on."""
    if run.job is not None and not run.job.is_finished():
        return run.job
    return Job.objects.unfinished().filter(kind=RESCORE, parameters__run=run.pk).first()


def _may_change(user: User, run: EvalRun) -> bool:
    own = run.job is None or run.job.created_by_id == user.pk
    return user.may_curate() and (own or user.is_admin())
