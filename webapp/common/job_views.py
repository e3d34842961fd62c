"""The jobs menu, the list of jobs, a job's page, cancelling and continuing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.common import actions
from webapp.common.access import role_required
from webapp.common.context import jobs_of_frame
from webapp.common.errors import NotFound
from webapp.common.job_lists import JobFilter, page_of_jobs
from webapp.common.models import Job
from webapp.common.running import KINDS


def get_job(job_id: int) -> Job:
    """A job with the one who started it. Every role may look at every job."""
    job = Job.objects.select_related("created_by").filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job. It may have been deleted.")
    return job


def job_link(job: Job) -> str | None:
    """The page of what a job makes or works on, if it has one."""
    kind = KINDS.get(job.kind)
    return kind.link(job) if kind and kind.link else None


@role_required("viewer")
@require_GET
def jobs_page(request: HttpRequest) -> HttpResponse:
    chosen = JobFilter.from_query(request.GET)
    return render(request, "common/jobs.html", {"filter": chosen, "page": page_of_jobs(chosen)})


@role_required("viewer")
@require_GET
def job_page(request: HttpRequest, job_id: int) -> HttpResponse:
    job = get_job(job_id)
    return render(request, "common/job.html", _context(job))


@role_required("viewer")
@require_GET
def job_progress(request: HttpRequest, job_id: int) -> HttpResponse:
    """The moving part of a job, which asks for itself until the job is finished; then it tells the page."""
    job = get_job(job_id)
    response = render(request, "partials/job_progress.html", _context(job))
    if job.is_finished():
        response["HX-Trigger"] = "job-finished, jobs-changed"
    return response


def _context(job: Job) -> dict[str, Any]:
    return {"job": job, "link": job_link(job)}


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
