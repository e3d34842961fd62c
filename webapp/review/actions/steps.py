"""Steps of the review screen: each carried out once, whoever sends it how often, and each answered."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.urls import reverse

from webapp.accounts.models import User
from webapp.common.errors import Conflict, WinnowError, database_is_away, disk_is_full
from webapp.review.entries import BadEntry, Entry
from webapp.review.models import Step
from webapp.review.stepping import carry_out, seen_flag_after

logger = logging.getLogger(__name__)
Result = dict[str, Any]
State = Step.State

#: How a step is answered; who has settled a conflict needs to do nothing more about it.
ANSWERS = {State.DONE: "done", State.CONFLICT: "conflict", State.REFUSED: "refused", State.SETTLED: "done"}
CHANGE_FLAGS = {Step.Kind.FLAG, Step.Kind.RESOLVE, Step.Kind.UNDO}
FAULT = "Winnow could not carry this out, through a fault of its own. It is kept as you sent it."


def carry_out_steps(*, reviewer: User, entries: Sequence[Entry | BadEntry]) -> list[Result]:
    """Carry out each entry in a transaction of its own, in order; one that fails does not stop the rest.

    An id that was seen before is only answered again. Raises what says that the database is away: then the rest has
    to be sent again.
    """
    ids = [entry.id for entry in entries if isinstance(entry, Entry)]
    known = Step.objects.in_bulk(ids)
    return [_answer_to(entry, reviewer, known.get(getattr(entry, "id", None))) for entry in entries]


def _answer_to(entry: Entry | BadEntry, reviewer: User, known: Step | None) -> Result:
    if isinstance(entry, BadEntry):
        return refused(entry.sent_id, str(entry))
    step = known or _carried_out(entry, reviewer) or Step.objects.get(pk=entry.id)
    if step.reviewer_id != reviewer.pk:
        return refused(str(entry.id), "This step belongs to somebody else.")
    return result_of(step)


@transaction.atomic
def _carried_out(entry: Entry, reviewer: User) -> Step | None:
    """None where somebody else has sent it at the same moment, and was first."""
    step = _claim(entry, reviewer)
    if step is None:
        return None
    try:
        with transaction.atomic():
            carry_out(step, entry, reviewer)
    except Conflict as error:
        _turned_down(step, State.CONFLICT, str(error))
    except WinnowError as error:
        _turned_down(step, State.REFUSED, str(error))
    except Exception as error:
        if database_is_away(error) or disk_is_full(error):
            raise
        logger.exception("Step %s could not be carried out", step.pk)
        _turned_down(step, State.REFUSED, FAULT)
    step.effect |= {"answer": _standing(step, entry, reviewer)}
    step.save()
    return step


def _claim(entry: Entry, reviewer: User) -> Step | None:
    """The row of the step: its id lets only one in. Another who is writing it at this moment is waited for."""
    step = Step(
        id=entry.id,
        number=next_number(),
        group=entry.group,
        reviewer=reviewer,
        tab=entry.tab,
        kind=entry.kind,
        parameters=dict(entry.sent),
        state=State.DONE,
        version=entry.version,
        made_at=entry.made_at,
    )
    try:
        with transaction.atomic():
            step.save(force_insert=True)
    except IntegrityError:
        if Step.objects.filter(pk=entry.id).exists():
            return None
        raise
    return step


def next_number() -> int:
    """Rises with each step. On SQLite the transaction holds the only write lock, so nobody takes the same."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('review_step_number')")
            return int(cursor.fetchone()[0])
    last: int | None = Step.objects.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _turned_down(step: Step, state: State, message: str) -> None:
    """Nothing of it was done; what it said is kept."""
    step.state, step.message, step.effect = state, message[:500], {}
    step.version_after, step.undoes = None, None


def _standing(step: Step, entry: Entry, reviewer: User) -> dict[str, Any]:
    """What the screen is told about the conversation as it stands after the step."""
    conversation = step.conversation
    if conversation is None:
        return {"version": None, "seen_flag": None, "status": None}
    if step.state != State.DONE:
        conversation.refresh_from_db()
    may_be_flagged = conversation.open_flags or step.kind in CHANGE_FLAGS
    return {
        "version": step.version_after if step.state == State.DONE else conversation.version,
        "seen_flag": seen_flag_after(conversation.pk, reviewer, entry.seen_flag) if may_be_flagged else 0,
        "status": conversation.get_status_display(),
    }


def result_of(step: Step) -> Result:
    """The answer to a step, the same however often it is asked."""
    needs_a_look = step.conversation_id is not None and step.state in {State.CONFLICT, State.REFUSED}
    return {
        "id": str(step.pk),
        "state": ANSWERS[State(step.state)],
        "message": step.message,
        "conversation": step.conversation_id,
        **step.effect["answer"],
        "conflict": reverse("review:conflict", args=[step.pk]) if needs_a_look else None,
    }


def refused(sent_id: object, message: str) -> Result:
    """The answer to what cannot be kept."""
    nothing = dict.fromkeys(("conversation", "version", "seen_flag", "status", "conflict"))
    return {"id": sent_id, "state": "refused", "message": message, **nothing}
