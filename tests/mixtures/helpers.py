"""Mixtures and exports, made the short way."""

import json
from pathlib import Path
from typing import Any

from tests.factories import make_conversation
from webapp.accounts.models import User
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions.search import queue_indexing
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Conversation, Source, Status
from webapp.mixtures import actions
from webapp.mixtures.encoding import open_unpacked
from webapp.mixtures.models import Export, Mixture
from webapp.mixtures.recipes import Component, Lowering, Recipe

APPROVED = {"status": ["approved"]}


def part(query: dict[str, Any] | None = None, **fields: Any) -> Component:
    return Component(ConversationFilter.from_dict(APPROVED if query is None else query), **fields)


def of_source(source: Source, **fields: Any) -> Component:
    return part({"source": [source.pk], "status": ["approved"]}, **fields)


def make_mixture(*components: Component, name: str = "chat mix", by: User | None = None, **recipe: Any) -> Mixture:
    lowering = Lowering(**recipe.pop("lowering", {}))
    mixture = actions.create_mixture(name=name, by=by, recipe=Recipe(components, lowering=lowering, **recipe))
    mixture.refresh_from_db()
    return mixture


def approved(source: Source, messages: list[dict[str, Any]] | None = None, **fields: Any) -> Conversation:
    return make_conversation(source, messages, status=Status.APPROVED, **fields)


def index(*sources: Source) -> None:
    """Make the texts of the sources searchable."""
    for source in sources:
        run_slice(queue_indexing(source=source, by=None, send=False).pk, slice_seconds=None)


def begin_export(mixture: Mixture, *, format_name: str = "jsonl", **fields: Any) -> Export:
    return actions.start_export(
        mixture=mixture, format_name=format_name, by=fields.pop("by", None), send=False, **fields
    )


def work(export: Export, *, slice_seconds: float | None = None) -> Job:
    """Run the export's job, slice after slice, to its end."""
    assert export.job is not None
    while (job := run_slice(export.job.pk, slice_seconds=slice_seconds)) and not job.is_finished():
        pass
    export.refresh_from_db()
    assert job is not None
    return job


def make_export(mixture: Mixture, **fields: Any) -> Export:
    export = begin_export(mixture, **fields)
    job = work(export)
    assert job.state == Job.State.DONE, job.error
    return export


def lines_in(path: Path) -> list[Any]:
    with path.open("rb") as file:
        return [json.loads(line) for line in open_unpacked(file).read().split(b"\n")[:-1]]


def manifest_of(export: Export) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(export.manifest)
    return plain
