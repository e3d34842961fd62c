"""The import page with its two tabs, sending files, and the report of an import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.common.access import role_required
from webapp.common.errors import BadRequest, NotFound, WinnowError
from webapp.common.models import Job
from webapp.common.pages import render_page
from webapp.conversations.actions import sources as actions
from webapp.conversations.forms import WEB_TASKS, TaskForm, UploadForm
from webapp.conversations.models import Source
from webapp.conversations.previews import Preview, preview_task
from webapp.conversations.reports import ImportReport
from webapp.conversations.source_counts import SourceCounts, count_source
from webapp.conversations.task_imports import find_same_task
from webapp.conversations.uploads import Upload, discard, receive
from webapp.conversations.views.sources import user_of

IMPORT_KINDS = ("import_upload", "import_task")
TABS = ("task", "upload")


@role_required("curator")
@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Both tabs; a POST is the form of a task: to look at first examples, or to import it."""
    tab = request.GET.get("from", "task")
    if tab not in TABS:
        raise BadRequest("The address must say from=task or from=upload.")
    if tab == "upload":
        return _upload_page(request)
    name = request.GET.get("task", next(iter(WEB_TASKS)))
    if name not in WEB_TASKS:
        raise BadRequest(f"There is no task {name[:60]!r}. Choose one of: {', '.join(WEB_TASKS)}.")
    if request.method == "POST":
        return _task_sent(request, name)
    return _task_page(request, TaskForm(WEB_TASKS[name], chosen=request.GET.dict()))


def _task_sent(request: HttpRequest, name: str) -> HttpResponse:
    typed = request.POST.dict()
    if "change" in typed:  # a choice that others depend on
        return _task_page(request, TaskForm(WEB_TASKS[name], chosen=typed))
    form = TaskForm(WEB_TASKS[name], typed, chosen=typed)
    if not form.is_valid():
        return _task_page(request, form, status=400)
    if "preview" in typed:
        return _task_page(request, form, preview=preview_task(name, form.values()))
    same = find_same_task(name, form.values())
    if same and typed.get("again") != str(same.pk):
        return _task_page(request, form, same=count_source(same), status=409)
    try:
        job = actions.import_task(task=name, values=form.values(), name=form.cleaned_data["name"], by=user_of(request))
    except WinnowError as error:
        form.add_error(None, str(error))
        return _task_page(request, form, status=error.status)
    return redirect("conversations:import_report", job.pk)


def _task_page(
    request: HttpRequest,
    form: TaskForm,
    *,
    preview: Preview | None = None,
    same: SourceCounts | None = None,
    status: int = 200,
) -> HttpResponse:
    """`same` holds these rows already: the form asks whether they are wanted twice."""
    tasks = list(WEB_TASKS.values())
    context = {"tab": "task", "tasks": tasks, "task": form.info, "form": form, "preview": preview, "same": same}
    partials = {"task-form": "task_form", "preview": "preview"}
    return render_page(request, "conversations/import.html", context, partials=partials, status=status)


def _upload_page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "tab": "upload",
        "form": UploadForm(request.POST if request.method == "POST" else None),
        "error": error,
        "limit": settings.UPLOAD_LIMIT_BYTES,
        "most_files": settings.UPLOAD_FILES_LIMIT,
    }
    return render_page(request, "conversations/import.html", context, status=status)


@csrf_exempt  # reading the token would read the files: they are streamed first, then the token is checked
@role_required("curator")
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take files: each becomes a source and a job. What cannot be queued is not left on disk."""
    arrival = Arrival(receive(request))
    try:
        return csrf_protect(arrival.queue)(request)
    finally:
        for file in arrival.files:
            discard(file)


@dataclass
class Arrival:
    """Files that have arrived and are not queued yet."""

    files: list[Upload]
    jobs: list[Job] = field(default_factory=list)

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Queue an import for each file."""
        form = UploadForm(request.POST)
        if not self.files:
            if request.headers.get("HX-Request"):
                raise BadRequest("No file came along. Choose at least one file.")
            return _upload_page(request, error="Choose at least one file.", status=400)
        form.is_valid()
        while self.files:
            keep = form.cleaned_data["keep_duplicates"]
            self.jobs.append(actions.import_upload(upload=self.files[0], keep_duplicates=keep, by=user_of(request)))
            self.files.pop(0)
        return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("HX-Request"):
            return _report_page(request, self.jobs[0], partial=True)
        if len(self.jobs) == 1:
            return redirect("conversations:import_report", self.jobs[0].pk)
        return redirect("conversations:sources")


def get_import(job_id: int) -> Job:
    """The job of an import. Raises NotFound."""
    job = Job.objects.filter(pk=job_id, kind__in=IMPORT_KINDS).select_related("created_by").first()
    if job is None:
        raise NotFound("There is no such import.")
    return job


@role_required("viewer")
@require_GET
def report(request: HttpRequest, job_id: int) -> HttpResponse:
    """How an import goes, or went."""
    return _report_page(request, get_import(job_id))


def _report_page(request: HttpRequest, job: Job, *, partial: bool = False) -> HttpResponse:
    source = Source.objects.filter(job=job).first()
    context: Mapping[str, Any] = {"job": job, "source": source, "report": ImportReport(job)}
    template = "conversations/import_report.html"
    if partial:
        return render_page(request, f"{template}#report", dict(context))
    return render_page(request, template, dict(context), partials={f"import-{job.pk}": "report"})


@role_required("viewer")
@require_GET
def download_report(request: HttpRequest, job_id: int) -> StreamingHttpResponse:
    """All lines that were left out, as text."""
    lines = ImportReport(get_import(job_id)).text()
    response = StreamingHttpResponse((line.encode() for line in lines), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{job_id}-report.txt"'
    return response


@role_required("curator")
@require_POST
def take_back(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop an import and put what it brought in the trash."""
    source = Source.objects.live().filter(job=get_import(job_id)).first()
    if source is None:
        raise NotFound("This import has left nothing that could be taken back.")
    actions.delete_source(source=source, by=user_of(request))
    return redirect(f"{reverse('conversations:sources')}?deleted={source.pk}")
