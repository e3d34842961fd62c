"""What a reviewer has done lately, to undo it: key presses and bulk changes, the newest first."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from webapp.accounts.models import User
from webapp.common.models import Job
from webapp.conversations import bulk, replacing
from webapp.conversations.models import FlagReason
from webapp.review.models import Step
from webapp.review.undoing import UNDOABLE

MOST_LISTED = 50
#: Of one key press; more are never made.
MOST_OF_ONE = 4
Listed = dict[str, Any]


def last_steps(user: User) -> list[Listed]:
    """In the form of the review screen."""
    found = [*_key_presses(user), *_bulk_changes(user)]
    found.sort(key=lambda one: one[0], reverse=True)
    return [listed for _, listed in found[:MOST_LISTED]]


def _key_presses(user: User) -> Iterable[tuple[datetime, Listed]]:
    # Without those that were undone, so that going back has no end before the first step.
    rows = Step.objects.filter(reviewer=user, state=Step.State.DONE, kind__in=UNDOABLE, undone_at=None)
    steps = list(rows.select_related("conversation__source").order_by("-number")[: MOST_LISTED * MOST_OF_ONE])
    groups: dict[Any, list[Step]] = {}
    for step in steps:
        groups.setdefault(step.group, []).append(step)
    labels = dict(FlagReason.objects.values_list("slug", "label"))
    for group, made in list(groups.items())[:MOST_LISTED]:
        yield made[0].created_at, _listed(group, made[::-1], labels)


def _listed(group: object, made: list[Step], labels: dict[str, str]) -> Listed:
    last = made[-1]
    return {
        "group": str(group),
        "words": ", ".join(_words(step, labels) for step in made),
        "conversation": last.conversation_id,
        "title": str(last.conversation) if last.conversation else "a deleted conversation",
        "item": last.item_id,
        "kind": last.kind,
        "undoable": last.conversation_id is not None and any(step.undone_at is None for step in made),
        "job": False,
    }


def words_of(step: Step) -> str:
    """What one step did, or would have done."""
    return _words(step, dict(FlagReason.objects.values_list("slug", "label")) if step.kind == Step.Kind.FLAG else {})


def _words(step: Step, labels: dict[str, str]) -> str:
    said = step.parameters
    match step.kind:
        case Step.Kind.DECIDE:
            return "back to unreviewed" if said["status"] == "unreviewed" else str(said["status"])
        case Step.Kind.FLAG:
            where = "" if said.get("turn") is None else f" on turn {said['turn'] + 1}"
            return f"flagged: {labels.get(said['reason'], said['reason'])}{where}"
        case Step.Kind.RESOLVE:
            return "flag resolved"
        case Step.Kind.EDIT:
            return "edited and approved" if said.get("approve") else "edited"
        case Step.Kind.COMMENT:
            return "commented"
        case Step.Kind.UNDO:
            return "undone"
        case _:
            return "draft"


def _bulk_changes(user: User) -> Iterable[tuple[datetime, Listed]]:
    kinds, undoing = (bulk.DECIDE, bulk.FLAG, replacing.REPLACE), (bulk.UNDO, replacing.UNDO)
    jobs = Job.objects.filter(kind__in=kinds, created_by=user).order_by("-pk")[:MOST_LISTED]
    undone = set(Job.objects.filter(kind__in=undoing, created_by=user).values_list("parameters__job", flat=True))
    for job in jobs:
        yield (
            job.created_at,
            {
                "group": f"job-{job.pk}",
                "words": job.title,
                "conversation": None,
                "title": "",
                "item": None,
                "kind": "bulk",
                "undoable": job.is_finished() and job.pk not in undone,
                "job": True,
            },
        )
