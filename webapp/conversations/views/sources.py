"""The list of sources, the page of one, and its trash."""

from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.accounts.models import User
from webapp.common.access import role_required
from webapp.common.errors import BadRequest, Conflict, NotFound
from webapp.common.pages import render_page
from webapp.conversations.actions import sources as actions
from webapp.conversations.forms import NameForm
from webapp.conversations.hooks import also_lost_with
from webapp.conversations.models import Source
from webapp.conversations.reports import ImportReport
from webapp.conversations.source_counts import count_source, count_sources

PAGE = 50


def get_source(source_id: int, *, trashed: bool = False) -> Source:
    """A source, by default one that is not in the trash. Raises NotFound."""
    sources = Source.objects.select_related("job", "created_by", "deleted_by")
    found = sources.exclude(deleted_at=None) if trashed else sources.live()
    source = found.filter(pk=source_id).first()
    if source is None:
        raise NotFound("There is no such source. It may have been deleted: look in the trash.")
    return source


def user_of(request: HttpRequest) -> User:
    """Who sent a request that the access rules let through."""
    return cast(User, request.user)


@role_required("viewer")
@require_GET
def source_list(request: HttpRequest) -> HttpResponse:
    """All sources, the newest first."""
    sources = Source.objects.live().select_related("job", "created_by").order_by("-id")
    found, older = _page(request, sources)
    context = {
        "rows": count_sources(found),
        "older": older,
        "first_page": "before" not in request.GET,
        "busy": any(source.job and not source.job.is_finished() for source in found),
        "trashed": Source.objects.exclude(deleted_at=None).count(),
        "deleted": _just_deleted(request),
    }
    return render_page(request, "conversations/sources.html", context, partials={"sources": "table"})


def _just_deleted(request: HttpRequest) -> Source | None:
    """The source whose deletion led here: it can be undone on the spot."""
    number = request.GET.get("deleted", "")
    known = number.isdecimal() and len(number) < 19
    return Source.objects.exclude(deleted_at=None).filter(pk=number).first() if known else None


def _page(request: HttpRequest, sources: QuerySet[Source]) -> tuple[list[Source], int | None]:
    before = request.GET.get("before")
    if before is not None:
        if not (before.isdecimal() and len(before) < 19):
            raise BadRequest("The address names a page that cannot be: before must be a number.")
        sources = sources.filter(pk__lt=int(before))
    found = list(sources[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


@role_required("viewer")
@require_GET
def source_page(request: HttpRequest, source_id: int) -> HttpResponse:
    """What a source holds and where it is from."""
    return _show(request, get_source(source_id))


def _show(request: HttpRequest, source: Source, form: NameForm | None = None) -> HttpResponse:
    context = {
        "source": source,
        "counts": count_source(source),
        "report": ImportReport(source.job) if source.job else None,
        "form": form or NameForm(source=source),
        "address": f"{reverse('conversations:list')}?source={source.pk}",
    }
    partials = {"source-counts": "counts"}
    return render_page(request, "conversations/source.html", context, partials=partials, status=400 if form else 200)


@role_required("curator")
@require_POST
def rename(request: HttpRequest, source_id: int) -> HttpResponse:
    """Give a source another name."""
    source = get_source(source_id)
    form = NameForm(request.POST, source=source)
    if form.is_valid():
        try:
            actions.rename_source(source=source, name=form.cleaned_data["name"], by=user_of(request))
        except Conflict as error:
            form.add_error("name", str(error))
    if form.errors:
        return _show(request, source, form)
    messages.success(request, "The source has its new name.")
    return redirect("conversations:source", source_id)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, source_id: int) -> HttpResponse:
    """Ask with everything that goes along; then put the source in the trash."""
    source = get_source(source_id)
    if request.method == "GET":
        context = _what_it_holds(source) | {"days": settings.TRASH_DAYS}
        return render_page(request, "conversations/source_delete.html", context)
    actions.delete_source(source=source, by=user_of(request))
    return redirect(f"{reverse('conversations:sources')}?deleted={source_id}")


@role_required("viewer")
@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """Deleted sources, until they are gone for good."""
    trashed = Source.objects.exclude(deleted_at=None).select_related("job", "deleted_by").order_by("-deleted_at")
    found, older = _page(request, trashed.order_by("-id"))
    kept = timedelta(days=settings.TRASH_DAYS)
    rows = [(row, row.source.deleted_at + kept) for row in count_sources(found) if row.source.deleted_at]
    context = {"rows": rows, "older": older, "days": settings.TRASH_DAYS}
    return render_page(request, "conversations/sources_trash.html", context)


@role_required("curator")
@require_POST
def restore(request: HttpRequest, source_id: int) -> HttpResponse:
    """Take a source out of the trash."""
    source = get_source(source_id, trashed=True)
    actions.restore_source(source=source, by=user_of(request))
    messages.success(request, f"“{source.name}” is back, with all that it holds.")
    return redirect("conversations:source", source_id)


@role_required("curator")
@require_http_methods(["GET", "POST"])
def purge(request: HttpRequest, source_id: int) -> HttpResponse:
    """Ask; then delete a source of the trash for good."""
    source = get_source(source_id, trashed=True)
    if request.method == "GET":
        return render_page(request, "conversations/source_purge.html", _what_it_holds(source))
    job = actions.purge_source(source=source, by=user_of(request))
    return redirect("common:job", job.pk)


def _what_it_holds(source: Source) -> dict[str, Any]:
    return {"source": source, "counts": count_source(source), "also_lost": also_lost_with(source)}
