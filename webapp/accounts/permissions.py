"""Who may open which page or do which action: each view says it with one decorator, one middleware enforces it."""

from django.http import HttpRequest

from webapp.accounts.models import Role, User
from webapp.common.access import public, role_required
from webapp.common.errors import JobFailed
from webapp.common.models import Job
from webapp.common.running import JobKind

__all__ = ["UserRequest", "public", "role_required"]


class UserRequest(HttpRequest):
    """A request of somebody who is logged in (the middleware has seen to it)."""

    user: User


def guard_job(job: Job, kind: JobKind) -> None:
    """Runs before each chunk of a job: stops it when the one who answers for it lost the role for it."""
    if job.created_by_id is None:
        return
    person = User.objects.get(pk=job.created_by_id)
    if not person.is_active:
        raise JobFailed(f"Stopped: {person} is deactivated. An administrator can continue it.")
    if not person.may(kind.role):
        role = Role(kind.role).label.lower()
        raise JobFailed(f"Stopped: {person} may no longer do this. It needs the {role} role.")
