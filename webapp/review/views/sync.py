"""What the script of the review screen asks and sends, as JSON."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest
from webapp.review.access import get_item_for_reviewer, get_queue_for_reviewer
from webapp.review.actions.leases import give_back, take_items
from webapp.review.actions.queues import refill_if_due
from webapp.review.actions.steps import carry_out_steps
from webapp.review.conflicts import waiting_steps
from webapp.review.entries import BIGGEST_ID, read_batch
from webapp.review.progress import progress_of
from webapp.review.queues import is_waiting, may_have_returned
from webapp.review.showing_items import ItemReader, items_as_json
from webapp.review.step_lists import last_steps

MOST_WANTED, MOST_HELD = 20, 100


@require_POST
@role_required(Role.REVIEWER)
def items(request: UserRequest, queue_id: int) -> HttpResponse:
    """Renew what the screen holds, and give it the next items."""
    queue = get_queue_for_reviewer(request.user, queue_id)
    asked = _read(request)
    taken = take_items(
        queue=queue,
        reviewer=request.user,
        tab=_tab(asked.get("tab")),
        have=_ids(asked.get("have", [])),
        want=_wanted(asked.get("want", 0)),
        first=_ids([asked["item"]])[0] if asked.get("item") is not None else None,
    )
    for item in taken.items:
        item.queue = queue
    progress = progress_of(queue, request.user)
    if not queue.left and may_have_returned(queue):
        queue.job = refill_if_due(queue) or queue.job
    return JsonResponse(
        {
            "items": items_as_json(taken.items, _reader(request)),
            "lost": taken.lost,
            "progress": progress,
            "conflicts": [str(pk) for pk in waiting_steps(request.user).values_list("pk", flat=True)],
            "filling": is_waiting(queue),
            "seconds": settings.REVIEW_LEASE_SECONDS,
        }
    )


@require_GET
@role_required(Role.REVIEWER)
def item(request: UserRequest, item_id: int) -> HttpResponse:
    """An item as it is now, whoever holds it: to look at again."""
    found = get_item_for_reviewer(request.user, item_id)
    return JsonResponse(items_as_json([found], _reader(request))[0])


@require_GET
@role_required(Role.REVIEWER)
def messages(request: UserRequest, item_id: int) -> HttpResponse:
    """The whole text of an item, for who edits a long one."""
    conversation = get_item_for_reviewer(request.user, item_id).conversation
    return JsonResponse({"version": conversation.version, "messages": conversation.text.message_list()})


@require_POST
@role_required(Role.REVIEWER)
def leave(request: UserRequest, queue_id: int) -> HttpResponse:
    """The tab is being closed: others may have its items."""
    queue = get_queue_for_reviewer(request.user, queue_id)
    give_back(queue=queue, reviewer=request.user, tab=_tab(request.POST.get("tab")))
    return HttpResponse(status=204)


@require_POST
@role_required(Role.REVIEWER)
def sync(request: UserRequest) -> HttpResponse:
    """Carry out what the outbox of a browser holds."""
    results = carry_out_steps(reviewer=request.user, entries=read_batch(request.body))
    return JsonResponse({"user": request.user.pk, "results": results})


@require_GET
@role_required(Role.REVIEWER)
def steps(request: UserRequest) -> HttpResponse:
    return JsonResponse({"steps": last_steps(request.user)})


def _reader(request: UserRequest) -> ItemReader:
    return ItemReader(request.user, get_token(request))


def _read(request: UserRequest) -> dict[str, Any]:
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise BadRequest("The request is not a JSON object.")
    return asked


def _tab(value: object) -> str:
    try:
        return str(UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise BadRequest("“tab” must be a UUID.") from None


def _ids(value: object) -> list[int]:
    if not isinstance(value, list) or len(value) > MOST_HELD or not all(_is_id(one) for one in value):
        raise BadRequest(f"“have” must be a list of at most {MOST_HELD} ids of items, and “item” an id.")
    return list(dict.fromkeys(value))


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= BIGGEST_ID


def _wanted(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_WANTED:
        raise BadRequest(f"“want” must be a number from 0 to {MOST_WANTED}.")
    return value
