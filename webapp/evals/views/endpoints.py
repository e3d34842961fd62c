"""Endpoints: the list, one with what asking it has shown, adding and changing, probing and testing."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import Conflict, NotFound, Unprocessable
from webapp.common.pages import render_page
from webapp.evals.actions import endpoints as actions
from webapp.evals.asking.questions import Failure
from webapp.evals.endpoint_forms import EndpointForm, TestForm
from webapp.evals.endpoints import list_endpoints
from webapp.evals.findings import Findings
from webapp.evals.models import ModelEndpoint


@require_safe
@role_required(Role.VIEWER)
def endpoint_list(request: UserRequest) -> HttpResponse:
    """All endpoints by name, those that can be chosen or the retired ones."""
    retired = "retired" in request.GET
    found, after = list_endpoints(retired=retired, after=request.GET.get("after", ""))
    context = {
        "rows": [(endpoint, Findings.from_dict(endpoint.findings)) for endpoint in found],
        "retired": retired,
        "some_retired": retired or ModelEndpoint.objects.exclude(retired_at=None).exists(),
        "after": after,
        "only_baselines": not retired and "after" not in request.GET and all(row.is_baseline() for row in found),
        "is_first": "after" not in request.GET,
    }
    return render_page(request, "evals/endpoints.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.CURATOR)
@sensitive_post_parameters("key")
def new_endpoint(request: UserRequest) -> HttpResponse:
    """Add one; it is probed at once."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _form_page(request, form)
    try:
        fields, key = form.endpoint_fields(), form.new_key() or ""
        endpoint = actions.add_endpoint(fields=fields, key=key, by=request.user)
    except Conflict as error:
        form.add_error("name", str(error))
        return _form_page(request, form, status=409)
    return _probed(request, endpoint)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.CURATOR)
@sensitive_post_parameters("key")
def edit_endpoint(request: UserRequest, pk: int) -> HttpResponse:
    """Change one; it is probed anew."""
    endpoint = _get_endpoint(pk)
    if endpoint.is_baseline():
        raise Unprocessable(f"“{endpoint}” is built in: there is nothing to change.")
    form = EndpointForm(request.POST if request.method == "POST" else None, endpoint=endpoint)
    if not form.is_valid():
        return _form_page(request, form)
    try:
        fields, key = form.endpoint_fields(), form.new_key()
        actions.change_endpoint(endpoint=endpoint, fields=fields, key=key, by=request.user)
    except (Conflict, Unprocessable) as error:
        form.add_error(None, str(error))
        return _form_page(request, form, status=error.status)
    return _probed(request, endpoint)


@require_safe
@role_required(Role.VIEWER)
def endpoint(request: UserRequest, pk: int) -> HttpResponse:
    """What it is and what asking it has shown."""
    return _page(request, _get_endpoint(pk))


@require_POST
@role_required(Role.CURATOR)
def probe_endpoint(request: UserRequest, pk: int) -> HttpResponse:
    """Ask it again what it can do."""
    return _probed(request, _get_endpoint(pk))


@require_POST
@role_required(Role.CURATOR)
def test_endpoint(request: UserRequest, pk: int) -> HttpResponse:
    """Ask it one question and show what comes back."""
    found, form = _get_endpoint(pk), TestForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, test_form=form)
    try:
        result = actions.test_endpoint(endpoint=found, prompt=form.cleaned_data["prompt"], by=request.user)
    except Unprocessable as error:
        if found.is_baseline():
            raise
        result = Failure("key", str(error))
    return _page(request, found, test_form=form, result=result, failed=isinstance(result, Failure))


@require_POST
@role_required(Role.CURATOR)
def retire_endpoint(request: UserRequest, pk: int) -> HttpResponse:
    """Take one out of what can be chosen, or (with `do` "restore") bring it back."""
    found = _get_endpoint(pk)
    if request.POST.get("do") == "restore":
        actions.restore_endpoint(endpoint=found, by=request.user)
        messages.success(request, f"“{found}” can be chosen again.")
    else:
        actions.retire_endpoint(endpoint=found, by=request.user)
        messages.success(request, f"“{found}” is retired: new evaluations cannot choose it. Its runs stay.")
    return redirect("evals:endpoint", pk)


def _probed(request: UserRequest, endpoint: ModelEndpoint) -> HttpResponse:
    """Probe, then show the page: an endpoint that does not answer is saved all the same, and says why."""
    try:
        actions.probe_endpoint(endpoint=endpoint, by=request.user)
    except Conflict as error:
        messages.warning(request, str(error))
    return redirect("evals:endpoint", endpoint.pk)


def _page(request: UserRequest, endpoint: ModelEndpoint, *, status: int = 200, **more: Any) -> HttpResponse:
    findings = Findings.from_dict(endpoint.findings) if endpoint.findings else Findings(adapter=endpoint.adapter)
    context = {
        "endpoint": endpoint,
        "findings": findings,
        "asked": endpoint.probed_at is not None or endpoint.is_baseline(),
        "test_form": TestForm(),
        "test_tokens": actions.TEST_TOKENS,
    }
    partials = {"test": "test"}
    return render_page(request, "evals/endpoint.html", context | more, partials=partials, status=status)


def _form_page(request: UserRequest, form: EndpointForm, *, status: int = 422) -> HttpResponse:
    context = {
        "form": form,
        "endpoint": form.endpoint,
        "models": Findings.from_dict(form.endpoint.findings).models if form.endpoint else (),
    }
    return render_page(request, "evals/endpoint_form.html", context, status=status if form.is_bound else 200)


def _get_endpoint(pk: int) -> ModelEndpoint:
    """Raises NotFound."""
    found = ModelEndpoint.objects.select_related("created_by").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such endpoint.")
    return found
