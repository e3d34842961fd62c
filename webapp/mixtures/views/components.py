"""Adding, changing, moving and removing the components of a mixture."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.common.access import role_required
from webapp.common.errors import BadRequest, Conflict, NotFound
from webapp.common.pages import render_page
from webapp.conversations.filters import ConversationFilter
from webapp.mixtures import actions
from webapp.mixtures.building import count_component
from webapp.mixtures.forms import ComponentForm, UseFilterForm
from webapp.mixtures.models import Mixture
from webapp.mixtures.recipes import Component, Recipe
from webapp.mixtures.views.shared import get_mixture, user_of, version_of

APPROVED = "approved"
ADD_AGAIN = "Somebody changed this mixture in the meantime. Press the button again to add the component all the same."


def get_component(mixture: Mixture, index: int) -> Component:
    """Raises NotFound."""
    components = Recipe.from_dict(mixture.recipe).components
    if index >= len(components):
        raise NotFound("The mixture has no such component any more. Reload its page.")
    return components[index]


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a component; by default what is approved."""
    mixture = get_mixture(pk)
    form = ComponentForm(request.POST or None, initial={"status": [APPROVED], "repeats": 1})
    if request.method == "POST" and form.is_valid():
        version, user = version_of(request), user_of(request)
        try:
            actions.add_component(mixture=mixture, version=version, component=form.component(), by=user)
        except Conflict:
            form.add_error(None, ADD_AGAIN)
            return _show_form(request, mixture, form, status=409)
        return redirect("mixtures:mixture", pk)
    return _show_form(request, mixture, form)


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    """Change a component."""
    mixture = get_mixture(pk)
    component = get_component(mixture, index)
    if request.method != "POST":
        return _show_form(request, mixture, ComponentForm.showing(component), index=index)
    # A refused form goes back with the version that it came with: another component may have this place by now.
    form, version, status = ComponentForm(request.POST), version_of(request), 422
    if form.is_valid():
        component, user = form.component(), user_of(request)
        try:
            actions.change_component(mixture=mixture, version=version, index=index, component=component, by=user)
        except Conflict as error:
            form.add_error(None, str(error))
            status = 409
        else:
            return redirect("mixtures:mixture", pk)
    return _show_form(request, mixture, form, index=index, version=version, status=status)


def _show_form(
    request: HttpRequest,
    mixture: Mixture,
    form: ComponentForm,
    *,
    index: int | None = None,
    version: int | None = None,
    status: int | None = None,
) -> HttpResponse:
    context = {"mixture": mixture, "form": form, "index": index, "version": version or mixture.version}
    status = status or (422 if form.errors else 200)
    return render_page(request, "mixtures/component.html", context, status=status)


@role_required("curator")
@require_GET
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """What the component in the form would come to."""
    recipe = Recipe.from_dict(get_mixture(pk).recipe)
    form = ComponentForm(request.GET)
    counts = count_component(0, form.component(), recipe.lowering) if form.is_valid() else None
    return render_page(request, "mixtures/count.html", {"counts": counts, "form": form})


@role_required("curator")
@require_POST
def remove(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    """Take a component out."""
    mixture = get_mixture(pk)
    get_component(mixture, index)
    actions.remove_component(mixture=mixture, version=version_of(request), index=index, by=user_of(request))
    return redirect("mixtures:mixture", pk)


@role_required("curator")
@require_POST
def move(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    """Move a component one place up or down."""
    mixture = get_mixture(pk)
    get_component(mixture, index)
    places = {"up": -1, "down": 1}.get(request.POST.get("to", ""))
    if places is None:
        raise BadRequest("A component can be moved up or down.")
    actions.move_component(
        mixture=mixture, version=version_of(request), index=index, by_places=places, by=user_of(request)
    )
    return redirect("mixtures:mixture", pk)


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def use_filter(request: HttpRequest) -> HttpResponse:
    """Make the filter of the conversation list a component of a mixture."""
    mixtures = list(Mixture.objects.values_list("pk", "name"))
    if request.method == "POST":
        form = UseFilterForm(request.POST, mixtures=mixtures)
        if form.is_valid():
            try:
                return _add_filter(request, form)
            except Conflict as error:
                form.add_error("name", str(error))
        wanted = form.cleaned_data.get("filter") or ConversationFilter()
    else:
        wanted = ConversationFilter.from_query(request.GET)
        initial = {"query": wanted.to_query(), "only_approved": not wanted.status}
        form = UseFilterForm(initial=initial, mixtures=mixtures)
    context = {"form": form, "chips": wanted.chips(), "has_status": bool(wanted.status), "any": bool(mixtures)}
    return render_page(request, "mixtures/use_filter.html", context, status=422 if form.errors else 200)


def _add_filter(request: HttpRequest, form: UseFilterForm) -> HttpResponse:
    data = form.cleaned_data
    wanted: ConversationFilter = data["filter"]
    if data["only_approved"] and not wanted.status:
        wanted = ConversationFilter.from_query(QueryDict(wanted.to_query(status=APPROVED)))
    component, user = Component(wanted), user_of(request)
    if data["mixture"]:
        mixture = get_mixture(int(data["mixture"]))
        actions.add_component(mixture=mixture, version=mixture.version, component=component, by=user)
    else:
        mixture = actions.create_mixture(name=data["name"], by=user, recipe=Recipe((component,)))
    messages.success(request, f"Added the filter to “{mixture.name}”.")
    return redirect("mixtures:mixture", mixture.pk)
