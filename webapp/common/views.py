"""Health, the jobs menu, a job's page, and the pages of errors that Django itself finds."""

import sys

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from webapp.common.errors import BadRequest, Forbidden, NotFound, WinnowError
from webapp.common.heartbeat import worker_is_silent
from webapp.common.middleware import as_winnow_error
from webapp.common.pages import error_page


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
    from webapp.celery import app

    try:
        with app.connection_for_write(connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
    except Exception:  # every transport has errors of its own
        return False
    return True


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    known = as_winnow_error(exception) or BadRequest("The request could not be understood.")
    return error_page(request, known)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, Forbidden("Ask an administrator for a role that may do this."))


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, Forbidden("This form is out of date. Go back, reload the page and send it again."))


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
