"""The buttons of a run: cancel, resume, try the errors again, score again, delete."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import Conflict, Link, WinnowError
from webapp.common.templatetags.winnow import plural
from webapp.evals.actions import runs as actions
from webapp.evals.fetching import get_run_for_user
from webapp.evals.models import EvalRun


@contextmanager
def _leading_back(run: EvalRun) -> Iterator[None]:
    """A refusal leads back to the run."""
    try:
        yield
    except WinnowError as error:
        error.link = Link(reverse("evals:run", args=[run.pk]), "Back to the evaluation")
        raise


@require_POST
@role_required(Role.CURATOR)
def cancel_run(request: UserRequest, pk: int) -> HttpResponse:
    found = get_run_for_user(request.user, pk)
    with _leading_back(found):
        actions.cancel_run(run=found, by=request.user)
    messages.success(request, "Cancelled. What was answered is kept; Resume goes on from there.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def resume_run(request: UserRequest, pk: int) -> HttpResponse:
    found = get_run_for_user(request.user, pk)
    try:
        with _leading_back(found):
            actions.resume_run(run=found, by=request.user)
    except Conflict:
        if not get_run_for_user(request.user, pk).is_live():
            raise
        messages.info(request, "It goes on already: there is nothing to resume.")
    else:
        messages.success(request, "It goes on: only what has no answer yet is asked.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def retry_run(request: UserRequest, pk: int) -> HttpResponse:
    found = get_run_for_user(request.user, pk)
    with _leading_back(found):
        count = actions.retry_run(run=found, by=request.user)
    messages.success(request, f"{plural(count, 'question is,questions are')} asked again.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def rescore_run(request: UserRequest, pk: int) -> HttpResponse:
    found = get_run_for_user(request.user, pk)
    with _leading_back(found):
        actions.rescore_run(run=found, by=request.user)
    messages.success(request, "The stored answers are scored again. The model is not asked.")
    return redirect("evals:run", pk)


@require_POST
@role_required(Role.CURATOR)
def delete_run(request: UserRequest, pk: int) -> HttpResponse:
    found = get_run_for_user(request.user, pk)
    with _leading_back(found):
        actions.delete_run(run=found, by=request.user)
    messages.success(request, f"“{found.name}” is deleted.")
    return HttpResponseRedirect(reverse("evals:runs"))
