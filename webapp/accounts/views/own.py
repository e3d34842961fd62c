"""Log in and out, your profile, the theme."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts import actions
from webapp.accounts.forms import ChangePasswordForm, LogInForm, NameForm, NewPasswordForm
from webapp.accounts.links import BY_LINK
from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, public, role_required
from webapp.common.pages import THEMES

login = public(
    LoginView.as_view(
        template_name="accounts/login.html", authentication_form=LogInForm, redirect_authenticated_user=True
    )
)
logout = public(LogoutView.as_view(next_page="accounts:login"))

ONE_YEAR = 365 * 24 * 3600


def _password_form(request: UserRequest) -> NewPasswordForm:
    """The old password is asked for where there is one, unless a link has just let its owner in."""
    data = request.POST if request.resolver_match and request.resolver_match.url_name == "password" else None
    if request.user.has_usable_password() and not request.session.get(BY_LINK):
        return ChangePasswordForm(data, person=request.user)
    return NewPasswordForm(data, person=request.user)


def _profile_page(request: UserRequest, name: NameForm, password: NewPasswordForm) -> HttpResponse:
    return render(request, "accounts/profile.html", {"name_form": name, "password_form": password})


@role_required(Role.VIEWER)
@require_http_methods(["GET", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    form = NameForm(request.POST or None, initial={"name": request.user.first_name})
    if request.method != "POST" or not form.is_valid():
        return _profile_page(request, form, _password_form(request))
    actions.rename_person(person=request.user, name=form.cleaned_data["name"])
    messages.success(request, "Your name is saved.")
    return redirect("accounts:profile")


@role_required(Role.VIEWER)
@require_POST
def password(request: UserRequest) -> HttpResponse:
    """Set a password of one's own; the session that does it stays."""
    form = _password_form(request)
    if not form.is_valid():
        return _profile_page(request, NameForm(initial={"name": request.user.first_name}), form)
    actions.set_password(person=request.user, password=form.cleaned_data["password"])
    update_session_auth_hash(request, request.user)
    request.session.pop(BY_LINK, None)
    messages.success(request, "Your new password is set. Sessions in other browsers have ended.")
    return redirect("accounts:profile")


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in this browser; anything else means the system's own."""
    address = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/")
    response = HttpResponseRedirect(address if safe else "/")
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=ONE_YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
