"""Choosing what a run asks: one waiting result for each conversation and sample that can be asked and scored."""

import hashlib
import random
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import Max

from webapp.common.rows import insert_rows
from webapp.common.running import JobRun
from webapp.conversations.listing import next_ids
from webapp.conversations.models import Conversation
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.grading import grader_of
from webapp.evals.models import EvalResult, EvalRun
from webapp.evals.prompting import can_be_asked

BATCH = 1_000
FIELDS = (
    "run", "conversation", "sample", "version", "task", "grader", "subject",
    "state", "outcome", "kind", "detail", "extracted", "lenient", "expected", "tries",
)  # fmt: skip


class Chosen(NamedTuple):
    """A conversation as it is when it is chosen."""

    pk: int
    version: int
    content_hash: bytes
    task: str
    subject: str
    grader: str


def plan(run: JobRun, eval_run: EvalRun) -> None:
    """Write the results that wait to be asked. Goes on from wherever it was stopped.

    The hash of the selection is built up row by row: it is part of the job's cursor, as the hash of all before it.
    """
    selection = Selection.from_dict(eval_run.selection)
    samples = RunSettings.from_dict(eval_run.options).samples
    with run.holding():
        sampled = _sampled_ids(selection, through=_through(run))
    limit = max(1, BATCH // samples)
    while ids := _next_ids(selection, sampled, after=run.cursor.get("planned", 0), limit=limit):
        rows = read_chosen(ids)
        good = [row for row in rows if row.grader]
        with run.chunk() as progress:
            insert_rows(EvalResult, FIELDS, list(_rows(eval_run.pk, good, samples)))
            held = EvalRun.objects.select_for_update().get(pk=eval_run.pk)
            held.total += len(good) * samples
            held.left_out += len(rows) - len(good)
            held.selection_hash = _hash_on(held.selection_hash, good)
            held.save(update_fields=["total", "left_out", "selection_hash"])
            progress.cursor["planned"] = ids[-1]
            progress.total = held.total
            progress.step = "choosing what to ask"
    with run.chunk(may_end_slice=False) as progress:
        progress.cursor["chosen"] = True
        progress.step = ""


def read_chosen(ids: Sequence[int]) -> list[Chosen]:
    """The conversations with their graders, by id; those that are gone by now are left out."""
    rows = Conversation.objects.live().filter(pk__in=ids).select_related("text", "source").order_by("pk")
    return [_chosen(row) for row in rows]


def _chosen(row: Conversation) -> Chosen:
    messages = row.text.message_list()
    grader = grader_of(row.source.task, messages, row.text.metadata_dict()) if can_be_asked(messages) else ""
    return Chosen(row.pk, row.version, bytes(row.content_hash), row.source.task, row.subject, grader)


def _rows(run: int, chosen: Sequence[Chosen], samples: int) -> Iterator[tuple[object, ...]]:
    for row in chosen:
        for sample in range(samples):
            yield (
                run, row.pk, sample, row.version, row.task, row.grader, row.subject,
                EvalResult.State.WAITING.value, "", "", "", "", "", "", 0,
            )  # fmt: skip


def _hash_on(before: str, chosen: Sequence[Chosen]) -> str:
    digest = hashlib.sha256(bytes.fromhex(before))
    for row in chosen:
        digest.update(f"{row.pk} {row.version} {row.content_hash.hex()}\n".encode())
    return digest.hexdigest()


def _through(run: JobRun) -> int:
    """Up to which id is chosen: what is imported after the start is not meant, whenever the choice is gone on with."""
    if "through" not in run.cursor:
        with run.chunk(may_end_slice=False) as progress:
            progress.cursor["through"] = Conversation.objects.aggregate(last=Max("pk"))["last"] or 0
    through: int = run.cursor["through"]
    return through


def _next_ids(selection: Selection, sampled: "array[int] | None", *, after: int, limit: int) -> list[int]:
    if sampled is None:
        return next_ids(selection.conversations(), after=after, limit=limit)
    begin = bisect_right(sampled, after)
    return list(sampled[begin : begin + limit])


def _sampled_ids(selection: Selection, *, through: int) -> "array[int] | None":
    """The ids of a seeded sample, rising; None where all are asked. The same filter and seed draw the same."""
    if selection.sample is None:
        return None
    found: array[int] = array("q")
    while ids := next_ids(selection.conversations(), after=found[-1] if found else 0, limit=50_000):
        found.extend(ids)
    found = found[: bisect_right(found, through)]
    if len(found) <= selection.sample:
        return found
    places = sorted(random.Random(selection.seed).sample(range(len(found)), selection.sample))
    return array("q", (found[place] for place in places))
