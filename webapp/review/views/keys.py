"""The keys of the review screen, for each reviewer their own."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.review.actions.keys import change_keys
from webapp.review.keys import FIXED, default_keys, keys_of
from webapp.review.keys_form import KeysForm


@require_http_methods(["GET", "POST"])
@role_required(Role.REVIEWER)
def keys(request: UserRequest) -> HttpResponse:
    """The list; a POST changes them, or puts them back."""
    if request.method == "GET":
        return _page(request, KeysForm(initial=keys_of(request.user)))
    if request.POST.get("do") == "defaults":
        change_keys(user=request.user, keys=default_keys())
        messages.success(request, "The keys are as they were at first.")
        return HttpResponseRedirect(reverse("review:keys"))
    form = KeysForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    change_keys(user=request.user, keys=form.keys())
    messages.success(request, "Saved your keys.")
    return HttpResponseRedirect(reverse("review:keys"))


def _page(request: UserRequest, form: KeysForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "fixed": FIXED, "changed": keys_of(request.user) != default_keys()}
    return render_page(request, "review/keys.html", context, status=status)
