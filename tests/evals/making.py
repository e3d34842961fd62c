"""Endpoints and runs for tests: with results as a worker would have left them, made the short way."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from django.utils import timezone

from webapp.conversations.models import Conversation
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.models import Answer, EvalResult, EvalRun, EvalTally, ModelEndpoint

_numbers = count(1)


def make_endpoint(name: str = "", **fields: Any) -> ModelEndpoint:
    """An endpoint of the adapter `openai` on a port where nothing listens, unless told otherwise."""
    name = name or f"model {next(_numbers)}"
    return ModelEndpoint.objects.create(name=name, **({"address": "http://127.0.0.1:9/v1", "model": "tiny"} | fields))


def make_answer(text: str = "42", **fields: Any) -> Answer:
    key = hashlib.sha256(f"{next(_numbers)}".encode()).digest()
    return Answer.objects.create(key=key, text=text, **({"finish": "stop", "latency_ms": 120} | fields))


def make_run(
    rows: Sequence[tuple[Conversation, Mapping[str, Any]]], *, endpoint: ModelEndpoint | None = None, **fields: Any
) -> EvalRun:
    """A run with one result for each pair: the conversation, and the columns of its EvalResult.

    `text` among the columns makes an answer with this text; a row with an outcome is done, and counted.
    """
    state = fields.pop("state", EvalRun.State.DONE)
    run = EvalRun.objects.create(
        name=fields.pop("name", f"run {next(_numbers)}"),
        endpoint=endpoint or make_endpoint(),
        state=state,
        selection=fields.pop("selection", Selection().to_dict()),
        options=fields.pop("options", RunSettings().to_dict()),
        configuration=fields.pop("configuration", {"mode": "generate"}),
        total=len(rows),
        done=sum(1 for _, columns in rows if columns.get("outcome")),
        finished_at=timezone.now() if state == EvalRun.State.DONE else None,
        **fields,
    )
    counted: Counter[tuple[str, str, str, str]] = Counter()
    lenient: Counter[tuple[tuple[str, str, str, str], bool]] = Counter()
    for conversation, columns in rows:
        result = _make_result(run, conversation, dict(columns))
        if result.outcome:
            key = (result.task, result.subject, result.outcome, result.kind)
            counted[key] += 1
            if result.lenient_right is not None:
                lenient[key, result.lenient_right] += 1
    for (task, subject, outcome, kind), total in counted.items():
        right, wrong = (lenient[(task, subject, outcome, kind), truth] for truth in (True, False))
        EvalTally.objects.create(
            run=run, task=task, subject=subject, outcome=outcome, kind=kind, total=total,
            lenient_judged=right + wrong, lenient_right=right,
        )  # fmt: skip
    return run


def _make_result(run: EvalRun, conversation: Conversation, columns: dict[str, Any]) -> EvalResult:
    if "text" in columns:
        columns["answer"] = make_answer(columns.pop("text"))
    done = bool(columns.get("outcome"))
    return EvalResult.objects.create(
        run=run,
        conversation=conversation,
        version=columns.pop("version", conversation.version),
        state=EvalResult.State.DONE if done else EvalResult.State.WAITING,
        finished_at=timezone.now() if done else None,
        **columns,
    )
