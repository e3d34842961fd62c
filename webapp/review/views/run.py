"""Running a python part from a script: of the review screen, and of the edit page of a conversation."""

import json

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest
from webapp.evals.running_parts import run_part


@require_POST
@role_required(Role.REVIEWER)
def run(request: UserRequest) -> HttpResponse:
    """Run `code` and compare what it gives with `expected` (a text, or null where there is none)."""
    code, expected = _read(request)
    return JsonResponse(run_part(code, expected, user_id=request.user.pk).to_json())


def _read(request: UserRequest) -> tuple[str, str | None]:
    try:
        sent = json.loads(request.body)
    except ValueError:
        raise BadRequest("This is not JSON.") from None
    code, expected = (sent.get("code"), sent.get("expected")) if isinstance(sent, dict) else (None, None)
    if not isinstance(code, str) or not isinstance(expected, str | None):
        raise BadRequest("Send {“code”: text, “expected”: text or null}.")
    return code, expected
