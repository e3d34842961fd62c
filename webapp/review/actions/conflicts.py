"""Ending a conflict: what is there stays, or what the reviewer did is put on top of it."""

from uuid import uuid4

from django.db import transaction

from webapp.accounts.models import User
from webapp.common.errors import Conflict, Unprocessable
from webapp.review.actions.steps import carry_out_steps
from webapp.review.entries import read_entry
from webapp.review.models import Step

WAITING = (Step.State.CONFLICT, Step.State.REFUSED)


@transaction.atomic
def keep_theirs(*, step: Step, reviewer: User) -> None:
    """Leave the conversation as it is. A second press changes nothing."""
    Step.objects.filter(pk=step.pk, reviewer=reviewer, state__in=WAITING).update(state=Step.State.SETTLED)


@transaction.atomic
def put_mine_on_top(*, step: Step, reviewer: User, version: int, seen_flag: int) -> None:
    """Do the same again on the version that the reviewer has looked at now, as a new step.

    Raises Conflict where it has changed again, or why it is refused; then nothing is different. A second press
    changes nothing.
    """
    waiting = Step.objects.select_for_update(of=("self",)).filter(pk=step.pk, reviewer=reviewer, state__in=WAITING)
    if waiting.first() is None:
        return
    again = {"id": str(uuid4()), "group": str(uuid4()), "version": version, "seen_flag": seen_flag, "after": None}
    result = carry_out_steps(reviewer=reviewer, entries=[read_entry({**step.parameters, **again})])[0]
    if result["state"] != "done":
        raise Conflict(result["message"]) if result["state"] == "conflict" else Unprocessable(result["message"])
    waiting.update(state=Step.State.SETTLED)
