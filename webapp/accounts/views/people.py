"""People: who is here with which role, and the links by which they come in. For administrators."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts import actions
from webapp.accounts.forms import InviteForm, RoleForm
from webapp.accounts.links import Purpose, path_of
from webapp.accounts.models import Role
from webapp.accounts.people import get_link, get_person, people_context
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest


def _page(request: UserRequest, form: InviteForm, *, new_link: dict[str, str] | None = None) -> HttpResponse:
    return render(request, "accounts/people.html", people_context() | {"form": form, "new_link": new_link})


def _page_with_link(request: UserRequest, purpose: Purpose, token: str, title: str) -> HttpResponse:
    """A new link is part of this one answer and kept nowhere, so there is no redirect."""
    address = request.build_absolute_uri(path_of(purpose, token))
    return _page(request, _empty_form(), new_link={"address": address, "title": title})


def _empty_form() -> InviteForm:
    return InviteForm(initial={"role": Role.REVIEWER})


@role_required(Role.ADMIN)
@require_GET
def people(request: UserRequest) -> HttpResponse:
    return _page(request, _empty_form())


@role_required(Role.ADMIN)
@never_cache
@require_POST
def invite(request: UserRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    values = form.cleaned_data
    token = actions.invite_person(role=values["role"], note=values["note"], by=request.user)
    who = values["note"] or f"the {Role(values['role']).label.lower()} role"
    return _page_with_link(request, Purpose.INVITE, token, f"Invitation for {who}")


@role_required(Role.ADMIN)
@never_cache
@require_POST
def reset_link(request: UserRequest, person_id: int) -> HttpResponse:
    person = get_person(person_id)
    token = actions.make_reset_link(person=person, by=request.user)
    return _page_with_link(request, Purpose.RESET, token, f"New password for {person}")


@role_required(Role.ADMIN)
@require_POST
def role(request: UserRequest, person_id: int) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise BadRequest("Choose one of the roles in the list.")
    person = get_person(person_id)
    actions.change_role(person=person, role=form.cleaned_data["role"], by=request.user)
    messages.success(request, f"The role of {person} is now {Role(person.role).label.lower()}.")
    return redirect("accounts:people" if person != request.user or person.is_admin() else "dashboards:home")


@role_required(Role.ADMIN)
@require_POST
def deactivate(request: UserRequest, person_id: int) -> HttpResponse:
    person = get_person(person_id)
    actions.deactivate_person(person=person, by=request.user)
    messages.success(request, f"{person} is deactivated and cannot log in any more.")
    return redirect("accounts:people")


@role_required(Role.ADMIN)
@require_POST
def reactivate(request: UserRequest, person_id: int) -> HttpResponse:
    person = get_person(person_id)
    actions.reactivate_person(person=person, by=request.user)
    messages.success(request, f"{person} can log in again.")
    return redirect("accounts:people")


@role_required(Role.ADMIN)
@require_POST
def revoke(request: UserRequest, link_id: int) -> HttpResponse:
    actions.revoke_link(link=get_link(link_id), by=request.user)
    messages.success(request, "The link does not work any more.")
    return redirect("accounts:people")
