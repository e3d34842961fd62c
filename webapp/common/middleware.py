"""Where errors become pages, once for the whole site."""

import contextlib
import logging
import time
from collections.abc import Callable
from urllib.parse import unquote

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse

from webapp.common.errors import (
    BadRequest,
    DiskFull,
    Forbidden,
    TooLarge,
    Unavailable,
    WinnowError,
    WrongMethod,
    database_is_away,
    disk_is_full,
)
from webapp.common.pages import error_page

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]

#: Seconds that a refused request may go on sending before it is cut off.
PATIENCE = 20


class UnreadBodyMiddleware:
    """Reads what a refused request still sends: a browser that is cut off while it sends does not show the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code >= 300:
            read_to_end(request)
        return response


def read_to_end(request: HttpRequest) -> None:
    left, deadline = settings.UPLOAD_LIMIT_BYTES, time.monotonic() + PATIENCE
    with contextlib.suppress(OSError):  # the sender has gone
        while left > 0 and time.monotonic() < deadline and (piece := request.read(64 * 1024)):
            left -= len(piece)


class BadAddressMiddleware:
    """Refuses an address with a NUL in it (no database can hold one, and no page needs one)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in unquote(request.get_full_path()):
            return error_page(request, BadRequest("The address holds a NUL character. Remove it and try again."))
        return self.get_response(request)


class ErrorMiddleware:
    """Turns the error tree, and a database that cannot answer, into a page with the right status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return wrong_method_page(request, response) if response.status_code == 405 else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = as_winnow_error(exception)
        return error_page(request, error) if error else None


def wrong_method_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Django's own answer to a wrong method is empty."""
    allowed = response.headers.get("Allow", "")
    page = error_page(request, WrongMethod(f"This address takes {allowed.removesuffix(', OPTIONS')} only."))
    page["Allow"] = allowed
    return page


def as_winnow_error(exception: BaseException | None) -> WinnowError | None:
    """The error of our own tree that stands for `exception`; None for a fault of the program."""
    match exception:
        case WinnowError():
            return exception
        case TooManyFieldsSent():
            return BadRequest("The form has more than 1,000 fields. Send it in parts.")
        case TooManyFilesSent():
            return BadRequest("At most 100 files can be sent at once. Send them in parts.")
        case RequestDataTooBig():
            return TooLarge("The request is larger than this page accepts (4 MB).")
        case SuspiciousOperation():
            return BadRequest("The request could not be understood.")
        case PermissionDenied():
            return Forbidden("Ask an administrator for a role that may do this.")
        case _ if disk_is_full(exception):
            return DiskFull("The disk of the server is full. Nothing was changed. Make room and try again.")
        case SessionInterrupted() if not database_is_away(_first_cause(exception)):
            return BadRequest("Your session has ended. Log in again.")
        case _ if database_is_away(_first_cause(exception)):
            logger.warning("The database did not answer: %s", exception)
            return Unavailable("The database is busy or out of reach. Nothing was changed. Try again in a moment.")
        case _:
            return None


def _first_cause(exception: BaseException | None) -> BaseException | None:
    """What began it: a session that cannot be stored hides the database's own error."""
    while isinstance(exception, SessionInterrupted | UpdateError) and exception.__context__ is not None:
        exception = exception.__context__
    return exception
