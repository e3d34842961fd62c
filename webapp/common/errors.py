"""The error tree. Each error has a message for people and an HTTP status; the middleware translates them."""

import errno
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError


class Link(NamedTuple):
    """Where to go on, and what the button says that leads there."""

    address: str
    words: str


class WinnowError(Exception):
    """Root of what Winnow itself refuses. `str(error)` is shown to people, with `link` as the way on."""

    status = 400
    title = "That did not work"
    link: Link | None = None

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details


class BadRequest(WinnowError):
    """The address or the form says something that cannot be understood."""

    title = "This address or form has a mistake in it"


class UnknownValue(BadRequest):
    """The address names something that is not there, or not any more."""

    status = 404
    title = "Not found"


class Forbidden(WinnowError):
    """The reader may see this, but not change it."""

    status = 403
    title = "Your role does not allow this"


class NotFound(WinnowError):
    status = 404
    title = "Not found"


class WrongMethod(WinnowError):
    status = 405
    title = "This address cannot be used this way"


class Conflict(WinnowError):
    """Somebody else changed the same thing first."""

    status = 409
    title = "Somebody changed this in the meantime"


class TooLarge(WinnowError):
    status = 413
    title = "Too large"


class Unprocessable(WinnowError):
    """Understood, but against a rule."""

    status = 422
    title = "That cannot be done"


class PreconditionRequired(WinnowError):
    """A write that does not say which version it was made on."""

    status = 428
    title = "The version is missing"


class Unavailable(WinnowError):
    """The database or the disk cannot answer now; the same request may work in a moment."""

    status = 503
    title = "Winnow cannot answer right now"


class DiskFull(WinnowError):
    """There is no room to store what was sent; nothing of it was kept."""

    status = 507
    title = "The disk is full"


class JobFailed(WinnowError):
    """Raised inside a job: the message goes to the job's page and the job ends as failed.

    `final`: going on with it would only fail again, so that it cannot be continued.
    """

    title = "The job failed"

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def disk_is_full(error: BaseException | None) -> bool:
    """True when a file, or the database, found no room."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, DatabaseError) and ("disk is full" in str(error) or "No space left" in str(error))


def database_is_away(error: BaseException | None) -> bool:
    """True for a fault of the database that passes by itself: it is stopped, locked, or has closed the connection."""
    closed = isinstance(error, DatabaseError) and "terminating connection" in str(error)
    return closed or isinstance(error, OperationalError | InterfaceError)
