"""What is kept about who did what: one `History` for each table that holds a part of it.

There is no log beside these tables. The audit reads them by time, newest first, and lays them into one list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import CombinedExpression
from django.urls import reverse

from webapp.accounts.models import OneTimeLink, Role, User
from webapp.common.models import Job
from webapp.conversations.models import Decision, Flag, Revision, Source, Status
from webapp.evals.models import EvalRun, ModelEndpoint
from webapp.mixtures.models import Export, Mixture
from webapp.review.models import Comment, Queue, Step, Verdict

#: The columns of one row, by the names of `History.needs`.
Row = dict[str, Any]

#: The kinds as people choose them.
KINDS = {
    "decision": "decisions",
    "blind": "decisions kept blind",
    "edit": "edits",
    "flag": "flags set",
    "resolve": "flags resolved",
    "comment": "comments",
    "undo": "undone",
    "import": "imports",
    "export": "exports",
    "evaluation": "evaluations",
    "queue": "queues",
    "mixture": "mixtures",
    "job": "jobs",
    "people": "people",
}


@dataclass(frozen=True)
class History:
    """One table's part: which rows, when and by whom, what they say, and what they are about.

    `conversation` is the path to the conversation; without one, `about` gives the label and the address of what it
    is. `source` is the path to the source where there is one; `number` rises with the rows and tells those of the
    same moment apart.
    """

    kind: str
    rows: Callable[[], QuerySet[Any]]
    tell: Callable[[Row], tuple[str, str]]
    needs: tuple[str, ...] = ()
    when: str = "created_at"
    who: str = "created_by"
    number: str = "pk"
    conversation: str = "conversation"
    source: str = "conversation__source"
    about: Callable[[Row], tuple[str, str]] | None = None

    @property
    def trashed(self) -> str:
        """The path to the moment when its source went to the trash; empty where it has none."""
        if self.conversation:
            return f"{self.conversation}__source__deleted_at"
        return "deleted_at" if self.source == "pk" else ""


def _all(model: type[Model]) -> Callable[[], QuerySet[Any]]:
    return model._default_manager.all


def passed_over(column: str) -> CombinedExpression | F:
    """A column whose condition must not make SQLite leave the index by time, where it stands, too.

    PostgreSQL knows how many rows fit, and chooses well by itself.
    """
    return F(column) if connection.vendor == "postgresql" else F(column) + 0


def _blind() -> QuerySet[Any]:
    """Of queues that several review: of others the verdict is a decision, which is told already. They are few."""
    queues = list(Queue.objects.filter(overlap__gt=1).values_list("pk", flat=True))
    return Verdict.objects.alias(_queue=passed_over("queue_id")).filter(_queue__in=queues)


def _decided(row: Row) -> tuple[str, str]:
    words = "took back to unreviewed" if row["status"] == Status.UNREVIEWED else Status(row["status"]).label
    return words + (", in bulk" if row["job_id"] else ""), row["note"]


def _decided_blind(row: Row) -> tuple[str, str]:
    return f"{Status(row['status']).label}, blind" + _taken_back(row["withdrawn_at"]), row["note"]


def _taken_back(moment: Any) -> str:
    return " (taken back since)" if moment else ""


def _edited(row: Row) -> tuple[str, str]:
    restored = row["restored_from"]
    words = f"restored version {restored}" if restored else "edited"
    return f"{words}: now version {row['version']}", row["reason"]


def _flagged(row: Row) -> tuple[str, str]:
    return f"flagged: {row['reason__label']}{_turn(row)}", row["note"]


def _resolved(row: Row) -> tuple[str, str]:
    return f"resolved the flag {row['reason__label']}{_turn(row)}", ""


def _turn(row: Row) -> str:
    return "" if row["turn"] is None else f", turn {row['turn'] + 1}"


def _commented(row: Row) -> tuple[str, str]:
    gone = row["deleted_at"]
    return f"commented{_turn(row)}{_taken_back(gone)}", "" if gone else row["text"]


def _undid(row: Row) -> tuple[str, str]:
    kind = row["undoes__kind"]
    return f"undid: {Step.Kind(kind).label}" if kind else "undid a step", ""


def _invited(row: Row) -> tuple[str, str]:
    if row["purpose"] == OneTimeLink.Purpose.INVITE:
        return f"invited a {Role(row['role']).label.lower()}", row["note"]
    return f"made a link for {row['user__username']}: {OneTimeLink.Purpose(row['purpose']).label}", ""


def _people(_: Row) -> tuple[str, str]:
    return "People", reverse("accounts:people")


def _at(view: str, name: str) -> Callable[[Row], tuple[str, str]]:
    """The label is the column `name`, the address the page `view` of the row."""
    return lambda row: (row[name], reverse(view, args=[row["pk"]]))


def _queue(row: Row) -> tuple[str, str]:
    return row["name"], reverse("review:queue", args=[row["pk"]])


def _said(words: str) -> Callable[[Row], tuple[str, str]]:
    return lambda row: (words, "")


#: Of the same moment, a later one in this list stands below.
HISTORIES = (
    History("decision", _all(Decision), _decided, ("status", "note", "job_id")),
    History(
        "blind",
        _blind,
        _decided_blind,
        ("status", "note", "withdrawn_at"),
        who="reviewer",
        source="source",
    ),
    History("edit", _all(Revision), _edited, ("version", "restored_from", "reason")),
    History("flag", _all(Flag), _flagged, ("reason__label", "turn", "note"), source="source"),
    History(
        "resolve",
        lambda: Flag.objects.filter(resolved_at__isnull=False),
        _resolved,
        ("reason__label", "turn"),
        when="resolved_at",
        who="resolved_by",
        source="source",
    ),
    History("comment", _all(Comment), _commented, ("text", "turn", "deleted_at")),
    History(
        "comment",
        lambda: Comment.objects.filter(resolved_at__isnull=False),
        _said("resolved a comment"),
        when="resolved_at",
        who="resolved_by",
    ),
    History(
        "undo",
        lambda: Step.objects.filter(kind=Step.Kind.UNDO, state=Step.State.DONE),
        _undid,
        ("undoes__kind",),
        who="reviewer",
        number="number",
    ),
    History(
        "import", _all(Source), _said("imported"), ("name",), conversation="", source="pk",
        about=_at("conversations:source", "name"),
    ),
    History(
        "import", lambda: Source.objects.filter(deleted_at__isnull=False), _said("moved to the trash"), ("name",),
        when="deleted_at", who="deleted_by", conversation="", source="pk", about=_at("conversations:source", "name"),
    ),
    History(
        "export", _all(Export), _said("exported"), ("mixture_name",), conversation="", source="",
        about=_at("mixtures:export", "mixture_name"),
    ),
    History(
        "export", lambda: Export.objects.filter(deleted_at__isnull=False), _said("deleted the file of an export"),
        ("mixture_name",), when="deleted_at", who="deleted_by", conversation="", source="",
        about=_at("mixtures:export", "mixture_name"),
    ),
    History(
        "evaluation", _all(EvalRun), _said("started an evaluation"), ("name",), conversation="", source="",
        about=_at("evals:run", "name"),
    ),
    History(
        "evaluation", _all(ModelEndpoint), _said("added an endpoint"), ("name",), conversation="", source="",
        about=_at("evals:endpoint", "name"),
    ),
    History(
        "queue", _all(Queue), _said("made a queue"), ("name",), conversation="", source="",
        about=_queue,
    ),
    History(
        "mixture", _all(Mixture), _said("made a mixture"), ("name",), conversation="", source="",
        about=_at("mixtures:mixture", "name"),
    ),
    History(
        "job", Job.objects.shown, _said("started a job"), ("title",), conversation="", source="",
        about=_at("common:job", "title"),
    ),
    History(
        "people", _all(OneTimeLink), _invited, ("purpose", "role", "note", "user__username"), conversation="",
        source="", about=_people,
    ),
    History(
        "people", _all(User), _said("joined"), when="date_joined", who="pk", conversation="", source="", about=_people,
    ),
)  # fmt: skip
