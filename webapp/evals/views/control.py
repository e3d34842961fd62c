"""The buttons of a run: cancel, resume, try the errors again, score again, delete."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.templatetags.winnow import plural
from webapp.evals.actions import runs as actions
from webapp.evals.fetching import get_run_for_user


@require_POST
@role_required(Role.CURATOR)
def cancel_run(request: UserRequest, pk: int) -> HttpResponse:
    actions.cancel_run(run=get_run_for_user(request.user, pk), by=request.user)
    messages.success(request, "Cancelled. What was answered is kept; Resume goes on from there.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def resume_run(request: UserRequest, pk: int) -> HttpResponse:
    actions.resume_run(run=get_run_for_user(request.user, pk), by=request.user)
    messages.success(request, "It goes on: only what has no answer yet is asked.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def retry_run(request: UserRequest, pk: int) -> HttpResponse:
    count = actions.retry_run(run=get_run_for_user(request.user, pk), by=request.user)
    messages.success(request, f"{plural(count, 'question is,questions are')} asked again.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def rescore_run(request: UserRequest, pk: int) -> HttpResponse:
    actions.rescore_run(run=get_run_for_user(request.user, pk), by=request.user)
    messages.success(request, "The stored answers are scored again. The model is not asked.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def delete_run(request: UserRequest, pk: int) -> HttpResponse:
    found = get_run_for_user(request.user, pk)
    actions.delete_run(run=found, by=request.user)
    messages.success(request, f"“{found.name}” is deleted.")
    return HttpResponseRedirect(reverse("evals:runs"))
