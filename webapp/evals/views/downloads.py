"""Results as files."""

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import NotFound
from webapp.evals.downloads import csv_lines, file_name, jsonl_lines
from webapp.evals.fetching import get_run_for_user

FORMATS = {
    "jsonl": (jsonl_lines, "application/x-ndjson; charset=utf-8"),
    "csv": (csv_lines, "text/csv; charset=utf-8"),
}


@role_required(Role.CURATOR)
@require_safe
def download(request: UserRequest, pk: int, ending: str) -> StreamingHttpResponse:
    """Every result of a run so far; sent while it is read."""
    run = get_run_for_user(request.user, pk)
    if ending not in FORMATS:
        raise NotFound(f"Results can be downloaded as {' and '.join(FORMATS)}.")
    lines, content_type = FORMATS[ending]
    response = StreamingHttpResponse((line.encode() for line in lines(run)), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name(run, ending)}"'
    return response
