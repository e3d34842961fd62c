"""Health, the jobs menu, the pages of jobs, and the pages of errors that Django itself finds."""

import sys

from celery import current_app
from django.contrib import messages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.common import actions
from webapp.common.access import role_required
from webapp.common.context import jobs_of_frame
from webapp.common.errors import BadRequest, Forbidden, NotFound, WinnowError
from webapp.common.heartbeat import worker_is_silent
from webapp.common.job_lists import JobFilter, page_of_jobs
from webapp.common.middleware import as_winnow_error
from webapp.common.models import Job
from webapp.common.pages import error_page, wants_json


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, and a worker seen lately; 503 when one is missing."""
    checks = {"database": _database_answers(), "broker": _broker_answers()}
    checks["worker"] = checks["database"] and not worker_is_silent()
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        with current_app.connection_for_write(connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
    except Exception:  # every transport has errors of its own
        return False
    return True


def get_job(job_id: int) -> Job:
    """A job with the one who started it. Every role may look at every job."""
    job = Job.objects.select_related("created_by").filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job. It may have been deleted.")
    return job


@role_required("viewer")
@require_GET
def jobs_page(request: HttpRequest) -> HttpResponse:
    chosen = JobFilter.from_query(request.GET)
    return render(request, "common/jobs.html", {"filter": chosen, "page": page_of_jobs(chosen), "tabs": chosen.tabs()})


@role_required("viewer")
@require_GET
def job_page(request: HttpRequest, job_id: int) -> HttpResponse:
    job = get_job(job_id)
    return render(request, "common/job.html", {"job": job})


@role_required("viewer")
@require_GET
def job_progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """The moving part of a job, which asks for itself until the job is finished; then it tells the page."""
    job = get_job(job_id)
    response = render(request, "partials/job_progress.html", {"job": job})
    if job.is_finished():
        response["HX-Trigger"] = "job-finished, jobs-changed"
    return response


@role_required("viewer")
@require_GET
def jobs_menu(request: HttpRequest) -> HttpResponse:
    """The list in the menu, with the count beside it and the banner (out of band)."""
    return render(request, "partials/jobs_menu_update.html", jobs_of_frame() | {"oob": True})


@role_required("viewer")
@require_POST
def cancel_job(request: HttpRequest, job_id: int) -> HttpResponse:
    actions.cancel_job(job=get_job(job_id), by=request.user)
    return _changed(request, job_id, "The job stops after its current step.")


@role_required("viewer")
@require_POST
def continue_job(request: HttpRequest, job_id: int) -> HttpResponse:
    actions.continue_job(job=get_job(job_id), by=request.user)
    return _changed(request, job_id, "The job goes on where it stopped.")


def _changed(request: HttpRequest, job_id: int, text: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Trigger": "jobs-changed"})
    messages.success(request, text)
    return redirect("common:job", job_id)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    known = as_winnow_error(exception) or BadRequest("The request could not be understood.")
    return error_page(request, known)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, Forbidden("Ask an administrator for a role that may do this."))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    error = Forbidden("This form is out of date. Go back, reload the page and send it again.")
    if wants_json(request):
        # Its cookies are gone, as if the session had ended: the script keeps what it holds and asks to log in again.
        return JsonResponse({"message": str(error), "login": reverse("accounts:login")}, status=401)
    return error_page(request, error)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, NotFound("There is nothing at this address. It may have been deleted."))


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that is away is a 503; all else is a fault of Winnow, whose traceback is in the log only."""
    known = as_winnow_error(sys.exc_info()[1])
    if known:
        return error_page(request, known)
    error = WinnowError("Something went wrong inside Winnow. Nothing was half-saved. The log has the details.")
    error.status = 500
    return error_page(request, error)
