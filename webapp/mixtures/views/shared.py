"""What the pages of mixtures and exports share."""

from typing import cast

from django.http import HttpRequest

from webapp.accounts.models import User
from webapp.common.errors import NotFound, PreconditionRequired
from webapp.mixtures.models import Export, Mixture


def user_of(request: HttpRequest) -> User:
    """Who sent a request that the access rules let through."""
    return cast(User, request.user)


def get_mixture(pk: int) -> Mixture:
    """Raises NotFound."""
    mixture = Mixture.objects.select_related("changed_by").filter(pk=pk).first()
    if mixture is None:
        raise NotFound("There is no such mixture. It may have been deleted.")
    return mixture


def get_export(pk: int) -> Export:
    """Raises NotFound."""
    related = ("mixture", "job", "created_by", "deleted_by")
    export = Export.objects.select_related(*related).filter(pk=pk).first()
    if export is None:
        raise NotFound("There is no such export.")
    return export


def version_of(request: HttpRequest) -> int:
    """The version of the mixture that the sender saw. Raises PreconditionRequired."""
    version = request.POST.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise PreconditionRequired("The form does not say which version of the mixture it changes. Reload the page.")
    return int(version)
