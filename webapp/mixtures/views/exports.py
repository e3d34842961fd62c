"""The page of an export, its file and its manifest."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from webapp.common.access import role_required
from webapp.common.errors import NotFound
from webapp.common.models import Job
from webapp.common.pages import render_page
from webapp.mixtures import actions
from webapp.mixtures.manifests import parse_manifest
from webapp.mixtures.models import Export
from webapp.mixtures.views.shared import get_export, user_of

FILE_GONE = "The file of this export is not there any more. Its manifest is kept; export the mixture again."


@role_required("viewer")
@require_GET
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """What an export is, or how far it has come."""
    found = get_export(pk)
    context: dict[str, Any] = {
        "export": found,
        "manifest": parse_manifest(found.manifest) if found.manifest else None,
        "check": _running_check(found),
        "file_there": found.is_ready() and found.path().is_file(),
    }
    return render_page(request, "mixtures/export.html", context)


def _running_check(export: Export) -> Job | None:
    checks = Job.objects.unfinished().filter(kind="verify_export")
    return next((job for job in checks if job.parameters["export"] == export.pk), None)


@role_required("curator")
@require_GET
def download(request: HttpRequest, pk: int) -> FileResponse:
    """The file, streamed from disk."""
    found = get_export(pk)
    if not found.is_ready():
        raise NotFound("This export has no file to download.")
    try:
        file = found.path().open("rb")
    except FileNotFoundError as error:
        raise NotFound(FILE_GONE) from error
    return FileResponse(file, as_attachment=True, filename=found.file_name(), content_type="application/octet-stream")


@role_required("viewer")
@require_GET
def manifest(request: HttpRequest, pk: int) -> HttpResponse:
    """The manifest, as it was written beside the file."""
    found = get_export(pk)
    if not found.manifest:
        raise NotFound("This export has no manifest: it was never finished.")
    response = HttpResponse(found.manifest, content_type="application/json")
    response["Content-Disposition"] = str(content_disposition_header(True, found.manifest_path().name))
    return response


@role_required("curator")
@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check the file against its manifest once more."""
    found = get_export(pk)
    if _running_check(found) is None:
        actions.start_check(export=found, by=user_of(request))
    return redirect("mixtures:export", pk)


@role_required("curator")
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the file; the manifest is kept."""
    found = get_export(pk)
    actions.delete_export(export=found, by=user_of(request))
    messages.success(request, f"Deleted the file {found.file_name()}. Its manifest is kept.")
    return redirect("mixtures:export", pk)
