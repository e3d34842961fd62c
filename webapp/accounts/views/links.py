"""The pages behind one-time links."""

from django.contrib import messages
from django.contrib.auth import login as log_in
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from webapp.accounts import actions
from webapp.accounts.forms import AcceptForm, NewPasswordForm
from webapp.accounts.links import BY_LINK, Purpose, find_link
from webapp.accounts.models import Role, User
from webapp.accounts.permissions import public


def _start_session(request: HttpRequest, person: User) -> None:
    log_in(request, person, backend="django.contrib.auth.backends.ModelBackend")


@public
@never_cache
@require_http_methods(["GET", "POST"])
def use_login(request: HttpRequest, token: str) -> HttpResponse:
    """A GET only asks: programs that look into mails and pages that load ahead must not use the link up."""
    link = find_link(token, Purpose.LOGIN)
    if request.method != "POST":
        return render(request, "accounts/use_login.html", {"link": link})
    person = actions.use_login_link(link=link)
    _start_session(request, person)
    request.session[BY_LINK] = True
    return redirect("dashboards:home" if person.has_usable_password() else "accounts:profile")


@public
@never_cache
@require_http_methods(["GET", "POST"])
def use_invite(request: HttpRequest, token: str) -> HttpResponse:
    link = find_link(token, Purpose.INVITE)
    form = AcceptForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/use_invite.html", {"link": link, "form": form, "role": Role(link.role)})
    values = form.cleaned_data
    person = actions.accept_invitation(
        link=link, username=values["username"], name=values["name"], password=values["password"]
    )
    _start_session(request, person)
    messages.success(request, f"Welcome, {person}. Your role is {Role(link.role).label.lower()}.")
    return redirect("dashboards:home")


@public
@never_cache
@require_http_methods(["GET", "POST"])
def use_reset(request: HttpRequest, token: str) -> HttpResponse:
    link = find_link(token, Purpose.RESET)
    form = NewPasswordForm(request.POST or None, person=link.user)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/use_reset.html", {"link": link, "form": form})
    person = actions.reset_password(link=link, password=form.cleaned_data["password"])
    _start_session(request, person)
    messages.success(request, "Your new password is set.")
    return redirect("dashboards:home")
