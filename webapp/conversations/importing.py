"""Importing a file: prepared once (unpacked, counted), then read, checked and stored chunk by chunk.

Where an import stands is in its job's cursor: `path` (the plain lines), `line`, `offset`, `position`. It is written
with the rows of each chunk, so that a killed import goes on behind the last line that was stored.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

from webapp.common.errors import JobFailed
from webapp.common.models import Job
from webapp.common.rows import insert_rows
from webapp.common.running import Cancelled, JobRun
from webapp.conversations.content.files import Place, read_lines
from webapp.conversations.content.records import Record, parse_line
from webapp.conversations.content.shapes import BadFile, BadLine
from webapp.conversations.hooks import imported
from webapp.conversations.models import Conversation, ImportProblem, Source
from webapp.conversations.naming import create_source, name_of_file
from webapp.conversations.preparing import file_of, prepare_file
from webapp.conversations.reports import merged, tally_of
from webapp.conversations.storing import find_hashes, store_records
from webapp.conversations.uploads import discard_files

CHUNK_LINES = 2000
CHUNK_BYTES = 8 * 1024 * 1024
IMPORT_LOCK = 20_230_917  # any number, the same for all imports


@dataclass
class Chunk:
    """Lines read and parsed: the conversations and the problems, each with its line's number."""

    good: list[tuple[int, Record]] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    end: Place = field(default_factory=Place)


def import_upload(run: JobRun) -> None:
    """Import the file of a job. Goes on from wherever it was stopped."""
    if not run.job.result.get("complete"):
        try:
            _import_file(run)
        except BadFile as error:
            discard_files(run.job)
            raise JobFailed(f"{str(error)[:1].upper()}{str(error)[1:]}.", final=True) from None
    discard_files(run.job)


def _import_file(run: JobRun) -> None:
    source = begin(run, create_upload_source)
    if "offset" in run.cursor or prepare_file(run, source):
        for chunk in _chunks(file_of(run), Place(run.cursor["line"], run.cursor["offset"])):
            _store(run, source, chunk)
        _check_whole(run)
    finish(run, source)


def create_upload_source(job: Job) -> Source:
    """The source that an import of a file fills."""
    parameters = job.parameters
    return create_source(
        name=parameters["name"] or name_of_file(parameters["file_name"]),
        exact=bool(parameters["name"]),
        kind=Source.Kind.UPLOAD,
        file_name=parameters["file_name"],
        fingerprint=parameters.get("sha256", ""),
        parameters={"keep_duplicates": parameters["keep_duplicates"]},
        job=job,
        created_by_id=job.created_by_id,
    )


def begin(run: JobRun, create: Callable[[Job], Source]) -> Source:
    """The source of an import; made again, and the import begun anew, where it is gone."""
    source = Source.objects.filter(job=run.job).first() or _begin_anew(run, create)
    if source.deleted_at:
        raise JobFailed("The source is in the trash. Restore it, then press Continue.")
    if source.state != Source.State.IMPORTING:
        source.state = Source.State.IMPORTING
        source.save(update_fields=["state"])
    return source


def _begin_anew(run: JobRun, create: Callable[[Job], Source]) -> Source:
    with run.chunk(may_end_slice=False) as progress:
        ImportProblem.objects.filter(job=run.job).delete()
        progress.cursor, progress.result, progress.done = {}, {}, 0
        return create(run.job)


def hold(source: Source) -> None:
    """Keep a source from the trash until the chunk is stored. Raises Cancelled where it lies there already."""
    if not Source.objects.live().select_for_update(no_key=True).filter(pk=source.pk).first():
        raise Cancelled


def _chunks(path: Path, start: Place) -> Iterator[Chunk]:
    chunk, size = Chunk(), 0
    for line in read_lines(path, limit=settings.LINE_LIMIT_BYTES, start=start):
        if line.problem:
            chunk.bad.append((line.number, line.problem))
        else:
            try:
                chunk.good.append((line.number, parse_line(line.raw)))
            except BadLine as error:
                chunk.bad.append((line.number, str(error)))
        size += len(line.raw)
        if len(chunk.good) + len(chunk.bad) >= CHUNK_LINES or size >= CHUNK_BYTES:
            chunk.end = line.place
            yield chunk
            chunk, size = Chunk(), 0
        else:
            chunk.end = line.place
    if chunk.good or chunk.bad:
        yield chunk


def _store(run: JobRun, source: Source, chunk: Chunk) -> None:
    with run.chunk() as progress:
        hold(source)
        _wait_for_other_imports()
        fresh, repeated = chunk.good, list[tuple[int, str]]()
        if not run.parameters["keep_duplicates"]:
            fresh, repeated = split_duplicates(chunk.good)
        records = [record for _, record in fresh]
        position = run.cursor["position"]
        stored = store_records(source, records, first_position=position)
        write_problems(run.job, chunk.bad, duplicate=False)
        write_problems(run.job, repeated, duplicate=True)
        progress.done = chunk.end.number
        progress.cursor |= {
            "line": chunk.end.number,
            "offset": chunk.end.offset,
            "position": position + stored.total,
        }
        report = tally_of(
            records,
            lines=len(chunk.good) + len(chunk.bad),
            accepted=stored.total,
            duplicates=len(repeated),
            rejected=len(chunk.bad),
            flagged=stored.flagged,
            with_issue=stored.with_issue,
        )
        progress.result = merged(progress.result, report)


def _wait_for_other_imports() -> None:
    """Two imports that look for duplicates at the same time would not see each other's rows."""
    if connection.vendor == "postgresql":  # SQLite has one writer anyway
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])


def split_duplicates(good: list[tuple[int, Record]]) -> tuple[list[tuple[int, Record]], list[tuple[int, str]]]:
    """Lines that are new, and those that are stored already or stand twice, with where the first one is."""
    known = _stored_places([record.hash[:16] for _, record in good])
    fresh: list[tuple[int, Record]] = []
    repeated: list[tuple[int, str]] = []
    for line, record in good:
        key = record.hash[:16]
        if key in known:
            repeated.append((line, f"duplicate of {known[key]}"))
        else:
            known[key] = f"line {line}"
            fresh.append((line, record))
    return fresh, repeated


def _stored_places(hashes: list[bytes]) -> dict[bytes, str]:
    trashed = set(Source.objects.exclude(deleted_at=None).values_list("pk", flat=True))
    found = [row for row in find_hashes(hashes) if row[1] not in trashed]
    names = dict(Source.objects.filter(pk__in={row[1] for row in found}).values_list("pk", "name")) if found else {}
    return {bytes(key): f"conversation {position + 1} of “{names[source]}”" for key, source, position in found}


def write_problems(job: Job, problems: list[tuple[int, str]], *, duplicate: bool) -> None:
    """Keep what was left out for the report, in the caller's transaction."""
    if problems:
        rows = [(job.pk, line, duplicate, reason) for line, reason in problems]
        insert_rows(ImportProblem, ("job", "line", "duplicate", "reason"), rows)


def _check_whole(run: JobRun) -> None:
    result = run.job.result
    if not result.get("lines"):
        raise BadFile("no records: the file holds only blank lines")
    if result["problem"]:
        raise BadFile(f"the file is incomplete: {result['problem']}. What came before is kept, marked incomplete")


def finish(run: JobRun, source: Source) -> None:
    """The import is complete: say so, or take the source away when nothing was accepted."""
    with run.chunk(may_end_slice=False) as progress:
        progress.step = ""
        progress.result = {**progress.result, "complete": True}
        if not progress.result.get("accepted"):
            source.delete()
            return
        _end_as(Source.State.READY, source)


def leave_incomplete(job: Job) -> None:
    """An import stopped: what it stored stays, marked incomplete; an empty source goes."""
    for source in Source.objects.filter(job=job):
        if source.deleted_at is None and not Conversation.objects.filter(source=source).exists():
            source.delete()
        else:
            _end_as(Source.State.INCOMPLETE, source)


def _end_as(state: str, source: Source) -> None:
    """What is being deleted for good stays so, whatever its import comes to."""
    if Source.objects.filter(pk=source.pk).exclude(state=Source.State.PURGING).update(state=state):
        imported(source)
