"""The results of a run as lines of JSON or CSV, in the order of its conversations, however many there are."""

import json
import re
from collections.abc import Iterator
from typing import Any

from webapp.common import spreadsheets
from webapp.evals.items import ItemFilter, next_items
from webapp.evals.models import EvalRun
from webapp.evals.places import QuestionPlace

BATCH = 500
COLUMNS = (
    "run", "source", "position", "conversation", "version", "sample", "task", "subject", "outcome", "kind", "detail",
    "expected", "extracted", "lenient", "lenient_right", "answer", "finish", "prompt_tokens", "completion_tokens",
    "latency_ms", "letters",
)  # fmt: skip
#: Where these columns are, from the second on.
_FIELDS = (
    "conversation__source__name", "conversation__position", "conversation_id", "version", "sample", "task", "subject",
    "outcome", "kind", "detail", "expected", "extracted", "lenient", "lenient_right", "answer__text", "answer__finish",
    "answer__prompt_tokens", "answer__completion_tokens", "answer__latency_ms", "answer__letters",
)  # fmt: skip
_CONVERSATION, _SAMPLE = _FIELDS.index("conversation_id"), _FIELDS.index("sample")


def rows_of(run: EvalRun) -> Iterator[list[Any]]:
    """The columns of every result that has an outcome; a batch of them is in memory at a time.

    Past the ORM's objects, which would take three times as long.
    """
    rows = ItemFilter().apply(run).exclude(outcome="")
    start = None
    while batch := list(next_items(rows, start).values_list(*_FIELDS)[:BATCH]):
        for row in batch:
            *columns, letters = row
            yield [run.name, *columns, json.loads(letters) if letters else {}]
        start = QuestionPlace(batch[-1][_CONVERSATION], batch[-1][_SAMPLE])


def jsonl_lines(run: EvalRun) -> Iterator[str]:
    """One object a line."""
    for row in rows_of(run):
        yield json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) + "\n"


def csv_lines(run: EvalRun) -> Iterator[str]:
    """A line with the names of the columns, then one for each result."""
    yield from spreadsheets.csv_lines(COLUMNS, rows_of(run))


def file_name(run: EvalRun, ending: str) -> str:
    """A name that every system takes."""
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", run.name).strip("-.")[:80].strip("-.")
    return f"{words or 'run'}-{run.pk}.{ending}"
