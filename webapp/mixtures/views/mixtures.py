"""The list of mixtures, and the page of one."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.common.access import role_required
from webapp.common.errors import Conflict
from webapp.common.pages import render_page
from webapp.mixtures import actions
from webapp.mixtures.building import component_rows, look_over
from webapp.mixtures.forms import ExportForm, NameForm, SettingsForm
from webapp.mixtures.models import Export, Mixture
from webapp.mixtures.recipes import Recipe
from webapp.mixtures.views.shared import get_mixture, user_of, version_of


@role_required("viewer", to_change="curator")
@require_http_methods(["GET", "HEAD", "POST"])
def mixture_list(request: HttpRequest) -> HttpResponse:
    """All mixtures; a POST makes a new one."""
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mixture = actions.create_mixture(name=form.cleaned_data["name"], by=user_of(request))
        except Conflict as error:
            form.add_error("name", str(error))
        else:
            return redirect("mixtures:mixture", mixture.pk)
    mixtures = Mixture.objects.annotate(exported=Count("exports"), last_export=Max("exports__created_at"))
    deleted = Export.objects.filter(mixture=None).order_by("-pk")
    context = {
        "mixtures": [(mixture, len(mixture.recipe["components"])) for mixture in mixtures.select_related("changed_by")],
        "form": form,
        "exports_of_deleted": deleted.select_related("created_by", "mixture", "job")[:50],
    }
    return render_page(request, "mixtures/list.html", context, status=422 if form.errors else 200)


@role_required("viewer")
@require_GET
def mixture(request: HttpRequest, pk: int) -> HttpResponse:
    """The recipe of a mixture; its numbers come with a second request, so that the page is there at once."""
    found = get_mixture(pk)
    recipe = Recipe.from_dict(found.recipe)
    counting = request.headers.get("HX-Target") == "recipe" or "count" in request.GET
    return render_page(
        request,
        "mixtures/mixture.html",
        recipe_context(found, recipe, counting=counting),
        partials={"recipe": "recipe"},
    )


def recipe_context(found: Mixture, recipe: Recipe, *, counting: bool = False, **more: Any) -> dict[str, Any]:
    """What the recipe page shows; `counting` works the numbers out."""
    overview = look_over(recipe) if counting else None
    return {
        "mixture": found,
        "recipe": recipe,
        "tab": "recipe",
        "overview": overview,
        "rows": component_rows(recipe, overview),
        "searches": bool(recipe.found_lists()),
        "settings_form": SettingsForm.showing(recipe),
        "export_form": ExportForm(),
        "name_form": NameForm(initial={"name": found.name}),
        "exports_count": found.exports.count(),
    } | more


@role_required("viewer")
@require_GET
def mixture_exports(request: HttpRequest, pk: int) -> HttpResponse:
    """The exports of a mixture."""
    found = get_mixture(pk)
    exports = found.exports.select_related("created_by", "job").order_by("-pk")
    context = {
        "mixture": found,
        "recipe": Recipe.from_dict(found.recipe),
        "tab": "exports",
        "exports": exports[:200],
        "exports_count": exports.count(),
        "export_form": ExportForm(),
        "name_form": NameForm(initial={"name": found.name}),
    }
    return render_page(request, "mixtures/exports.html", context)


@role_required("curator")
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a mixture another name."""
    found = get_mixture(pk)
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            actions.rename_mixture(mixture=found, name=form.cleaned_data["name"], by=user_of(request))
        except Conflict as error:
            form.add_error("name", str(error))
        else:
            return redirect("mixtures:mixture", pk)
    return _show_refused(request, found, name_form=form)


@role_required("curator")
@require_POST
def settings(request: HttpRequest, pk: int) -> HttpResponse:
    """Set order and lowering."""
    found, version = get_mixture(pk), version_of(request)
    form = SettingsForm(request.POST)
    if not form.is_valid():
        return _show_refused(request, found, settings_form=form)
    order, lowering, user = form.cleaned_data["order"], form.lowering(), user_of(request)
    try:
        actions.change_settings(mixture=found, version=version, order=order, lowering=lowering, by=user)
    except Conflict as error:
        form.add_error(None, str(error))
        return _show_refused(request, found, status=409, settings_form=form)
    messages.success(request, "Saved order and lowering.")
    return redirect("mixtures:mixture", pk)


@role_required("curator")
@require_POST
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue an export."""
    found = get_mixture(pk)
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _show_refused(request, found, export_form=form)
    made = actions.start_export(mixture=found, format_name=form.cleaned_data["format"], by=user_of(request))
    return redirect("mixtures:export", made.pk)


def _show_refused(request: HttpRequest, found: Mixture, *, status: int = 422, **forms: Any) -> HttpResponse:
    context = recipe_context(found, Recipe.from_dict(found.recipe), **forms)
    return render_page(request, "mixtures/mixture.html", context, status=status)


@role_required("curator")
@require_POST
def search_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Search for the text of the components anew."""
    actions.search_again(mixture=get_mixture(pk), version=version_of(request), by=user_of(request))
    messages.success(request, "Searched again.")
    return redirect("mixtures:mixture", pk)


@role_required("curator")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete a mixture."""
    found = get_mixture(pk)
    if request.method == "POST":
        actions.delete_mixture(mixture=found, by=user_of(request))
        messages.success(request, f"Deleted the mixture “{found.name}”. Its exports are kept.")
        return redirect("mixtures:list")
    context = {"mixture": found, "exports_count": found.exports.count()}
    return render_page(request, "mixtures/delete.html", context)
