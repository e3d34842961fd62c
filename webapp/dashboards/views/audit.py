"""Who did what, and the same as a file."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest, NotFound
from webapp.common.pages import render_page
from webapp.dashboards.audit import AuditPage, Place, page_of_events
from webapp.dashboards.audit_files import csv_lines, jsonl_lines
from webapp.dashboards.audit_form import AuditForm

FORMATS = {
    "jsonl": (jsonl_lines, "application/x-ndjson; charset=utf-8"),
    "csv": (csv_lines, "text/csv; charset=utf-8"),
}


@role_required(Role.REVIEWER)
@require_safe
def audit(request: UserRequest) -> HttpResponse:
    """One page, newest first; a reviewer sees what they did themselves."""
    form = AuditForm(request.GET, user=request.user)
    before = request.GET.get("before", "")
    page = page_of_events(form.wanted(), Place.parse(before) if before else None) if form.is_valid() else AuditPage([])
    set_ones = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "query": urlencode(set_ones),
        "older": urlencode(set_ones | {"before": page.older}),
        "is_first": not before,
    }
    return render_page(request, "dashboards/audit.html", context, status=422 if form.errors else 200)


@role_required(Role.REVIEWER)
@require_safe
def download(request: UserRequest, ending: str) -> StreamingHttpResponse:
    """All lines of the filter."""
    if ending not in FORMATS:
        raise NotFound(f"The audit can be downloaded as {' and '.join(FORMATS)}.")
    form = AuditForm(request.GET, user=request.user)
    if not form.is_valid():
        raise BadRequest("This filter cannot be read. Set it again on the page of the audit.")
    lines, content_type = FORMATS[ending]
    response = StreamingHttpResponse((line.encode() for line in lines(form.wanted())), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="audit.{ending}"'
    return response
