"""Every change to mixtures and exports. `by` is the user, None for the command line."""

from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from webapp.accounts.models import User
from webapp.common.actions import cancel_job, queue_job
from webapp.common.errors import Conflict, Unprocessable
from webapp.common.models import Job
from webapp.conversations.models import Conversation
from webapp.mixtures.models import Export, FoundRows, Mixture
from webapp.mixtures.recipes import Component, Lowering, Recipe

NAME_TAKEN = "There is already a mixture called “{}”. Choose another name."
CHANGED_MEANWHILE = "Somebody changed this mixture in the meantime. Reload the page, then make your change again."


def create_mixture(*, name: str, by: User | None, recipe: Recipe | None = None) -> Mixture:
    """A new mixture; raises Conflict when the name is taken."""
    try:
        with transaction.atomic():
            mixture = Mixture.objects.create(name=name, recipe=Recipe().to_dict(), created_by=by, changed_by=by)
    except IntegrityError as error:
        raise Conflict(NAME_TAKEN.format(name)) from error
    if recipe is not None:
        change_recipe(mixture=mixture, version=mixture.version, change=lambda _: recipe, by=by)
    return mixture


def rename_mixture(*, mixture: Mixture, name: str, by: User | None) -> None:
    """Give a mixture another name; raises Conflict when it is taken."""
    try:
        with transaction.atomic():
            Mixture.objects.filter(pk=mixture.pk).update(name=name, changed_by=by, changed_at=timezone.now())
    except IntegrityError as error:
        raise Conflict(NAME_TAKEN.format(name)) from error


def delete_mixture(*, mixture: Mixture, by: User | None) -> None:
    """Delete a mixture. Its exports stay, with their files and manifests; one that is being made is cancelled."""
    with transaction.atomic():
        for export in mixture.exports.filter(state=Export.State.MAKING).select_related("job"):
            if export.job and not export.job.is_finished():
                cancel_job(job=export.job, by=None)
        _forget_unused_lists(mixture, Recipe())
        mixture.delete()


def change_recipe(
    *, mixture: Mixture, version: int, change: Callable[[Recipe], Recipe], by: User | None, search_again: bool = False
) -> None:
    """Store the changed recipe. `version` is the mixture's when its reader saw it.

    A component that searches text gets the list of what is found now, where it has none yet or with `search_again`.
    Raises Conflict when somebody else changed the mixture since `version`.
    """
    mixture.refresh_from_db()
    if mixture.version != version:
        raise Conflict(CHANGED_MEANWHILE)
    changed = change(Recipe.from_dict(mixture.recipe))
    # Before the transaction: a search may take seconds, and on SQLite nobody else could write meanwhile.
    found = [_search(component, mixture, search_again) for component in changed.components]
    with transaction.atomic():
        if not Mixture.objects.filter(pk=mixture.pk, version=version).update(version=F("version") + 1):
            raise Conflict(CHANGED_MEANWHILE)
        pairs = zip(changed.components, found, strict=True)
        recipe = replace(changed, components=tuple(_with_found(component, mixture, ids) for component, ids in pairs))
        mixture.version = version + 1
        mixture.recipe, mixture.changed_by, mixture.changed_at = recipe.to_dict(), by, timezone.now()
        mixture.save(update_fields=["recipe", "changed_by", "changed_at"])
        _forget_unused_lists(mixture, recipe)


def _search(component: Component, mixture: Mixture, search_again: bool) -> "array[int] | None":
    """The ids that the component's text search finds, rising; None where none is needed or the kept list serves."""
    query = component.filter.q
    if not query:
        return None
    if component.found is not None and not search_again:
        known = FoundRows.objects.filter(pk=component.found, mixture=mixture, query=query)
        if known.exists():
            return None
    searched = component.filter.without(*(name for name, _ in component.filter.parts() if name not in {"q", "source"}))
    rows = searched.apply(Conversation.objects.all()).order_by("id").values_list("pk", flat=True)
    return array("Q", rows.iterator(chunk_size=10_000))


def _with_found(component: Component, mixture: Mixture, ids: "array[int] | None") -> Component:
    query = component.filter.q
    if not query:
        return replace(component, found=None)
    if ids is None:
        return component
    found = FoundRows.objects.create(mixture=mixture, query=query, count=len(ids), packed=FoundRows.pack(ids))
    return replace(component, found=found.pk)


def _forget_unused_lists(mixture: Mixture, recipe: Recipe) -> None:
    used = recipe.found_lists()
    for export in mixture.exports.using_found_lists():
        used |= Recipe.from_dict(export.recipe).found_lists()
    mixture.found_lists.exclude(pk__in=used).delete()


def add_component(*, mixture: Mixture, version: int, component: Component, by: User | None) -> None:
    """Put a component behind the others."""
    change_recipe(mixture=mixture, version=version, change=lambda recipe: recipe.with_component(component), by=by)


def change_component(*, mixture: Mixture, version: int, index: int, component: Component, by: User | None) -> None:
    """Put `component` in the place of the one at `index`; the same text search keeps what it found."""

    def change(recipe: Recipe) -> Recipe:
        old = recipe.components[index]
        same_search = (old.filter.q, old.filter.source) == (component.filter.q, component.filter.source)
        return recipe.replacing(index, replace(component, found=old.found if same_search else None))

    change_recipe(mixture=mixture, version=version, change=change, by=by)


def remove_component(*, mixture: Mixture, version: int, index: int, by: User | None) -> None:
    """Take the component at `index` out."""
    change_recipe(mixture=mixture, version=version, change=lambda recipe: recipe.without(index), by=by)


def move_component(*, mixture: Mixture, version: int, index: int, by_places: int, by: User | None) -> None:
    """Move the component at `index` down, or up where `by_places` is negative."""
    change_recipe(mixture=mixture, version=version, change=lambda recipe: recipe.moved(index, by_places), by=by)


def search_again(*, mixture: Mixture, version: int, by: User | None) -> None:
    """Replace what the components' text searches found by what they find now."""
    change_recipe(mixture=mixture, version=version, change=lambda recipe: recipe, by=by, search_again=True)


def change_settings(*, mixture: Mixture, version: int, order: str, lowering: Lowering, by: User | None) -> None:
    """Set the order and what happens to what CustomJSON cannot hold."""
    change_recipe(
        mixture=mixture,
        version=version,
        change=lambda recipe: replace(recipe, order=order, lowering=lowering),
        by=by,
    )


def start_export(
    *, mixture: Mixture, format_name: str, by: User | None, out: Path | None = None, send: bool = True
) -> Export:
    """Queue an export of the mixture as its recipe is now. With `out`, the file goes there."""
    if not mixture.recipe["components"]:
        raise Unprocessable("The mixture has no components yet. Add one, then export.")
    if out is not None:
        _check_place(out)
    with transaction.atomic():
        export = Export.objects.create(
            mixture=mixture,
            mixture_name=mixture.name,
            recipe=mixture.recipe,
            format=format_name,
            out=str(out) if out else "",
            created_by=by,
        )
        export.job = queue_job(
            kind="export", parameters={"export": export.pk}, by=by, title=f"Export {mixture.name}", send=send
        )
        export.save(update_fields=["job"])
    return export


def _check_place(out: Path) -> None:
    if out.exists():
        raise Conflict(f"{out} is there already. Choose another name, or remove that file first.")
    if not out.parent.is_dir():
        raise Unprocessable(f"There is no folder {out.parent}. Make it first.")


def start_check(*, export: Export, by: User | None) -> Job:
    """Queue a check of a ready export against its manifest."""
    if not export.is_ready():
        raise Unprocessable("Only an export that is ready can be checked.")
    title = f"Check {export.file_name()}"
    return queue_job(kind="verify_export", parameters={"export": export.pk}, by=by, title=title, unit="lines")


def delete_export(*, export: Export, by: User | None) -> None:
    """Delete the file of an export; the manifest stays here. A file that a command wrote elsewhere is left alone."""
    if export.state == Export.State.MAKING:
        raise Conflict("This export is still being made. Cancel its job first.")
    with transaction.atomic():
        changed = Export.objects.filter(pk=export.pk).exclude(state__in=[Export.State.DELETED, Export.State.MAKING])
        if not changed.update(state=Export.State.DELETED, deleted_by=by, deleted_at=timezone.now()):
            return
        if not export.out:
            transaction.on_commit(lambda: _remove_files(export))


def _remove_files(export: Export) -> None:
    export.path().unlink(missing_ok=True)
    export.manifest_path().unlink(missing_ok=True)
