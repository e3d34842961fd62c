"""How far the reviewers of a queue agree, and what they disagree about."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from webapp.accounts.models import Role, User
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest
from webapp.common.pages import render_page
from webapp.review import agreement_words as words
from webapp.review.agreeing import CATEGORIES, Agreement, agreement_of
from webapp.review.disagreements import Wanted, adjudication_of, page_of, reviewers_of
from webapp.review.queues import get_queue_for_user

#: Pairs in the table, those with most items in common; disagreements below it.
MOST_PAIRS = 50
FIRST_ROWS = 10
STATES = ("open", "settled")


@require_GET
@role_required(Role.REVIEWER)
def agreement(request: UserRequest, pk: int) -> HttpResponse:
    """Figures of items that are done; `pair=3-5` opens the table of two reviewers."""
    queue = get_queue_for_user(request.user, pk)
    found = agreement_of(queue)
    people = _people(found)
    rows = [words.pair_row(pair, people) for pair in found.pairs[:MOST_PAIRS]]
    context: dict[str, Any] = {
        "queue": queue,
        "found": found,
        "raw": (words.share(found.raw), words.share_interval(found.raw)),
        "alpha": (words.coefficient(found.alpha), words.coefficient_interval(found.alpha)),
        "judgement": words.judgement(found.alpha),
        "rows": rows,
        "pairs_left_out": len(found.pairs) - len(rows),
        "chosen": _chosen_row(request, found, people),
        "categories": CATEGORIES,
        "page": page_of(queue, Wanted(), limit=FIRST_ROWS),
        "adjudication": adjudication_of(queue),
    }
    return render_page(request, "review/agreement.html", context)


@require_GET
@role_required(Role.REVIEWER)
def disagreements(request: UserRequest, pk: int) -> HttpResponse:
    """All items on which reviewers disagree, by pair and by what became of them."""
    queue = get_queue_for_user(request.user, pk)
    reviewers = reviewers_of(queue)
    wanted = Wanted(_pair(request), _state(request))
    page = page_of(queue, wanted, _after(request))
    context: dict[str, Any] = {
        "queue": queue,
        "page": page,
        "wanted": wanted,
        "reviewers": reviewers,
        "states": STATES,
        "adjudication": adjudication_of(queue),
        "paged": "after" in request.GET,
        "query": urlencode({name: value for name, value in request.GET.items() if name != "after" and value}),
    }
    return render_page(request, "review/disagreements.html", context)


def _people(found: Agreement) -> dict[int, User]:
    return User.objects.in_bulk({reviewer for pair in found.pairs for reviewer in (pair.first, pair.second)})


def _chosen_row(request: UserRequest, found: Agreement, people: dict[int, User]) -> words.PairRow | None:
    """The pair of the address; without one the only pair that there is."""
    wanted = _pair(request)
    pair = found.pair(*wanted) if wanted else found.pairs[0] if len(found.pairs) == 1 else None
    return words.pair_row(pair, people) if pair else None


def _pair(request: UserRequest) -> tuple[int, int] | None:
    """`pair=3-5`, or `first=3&second=5` from a form. Raises BadRequest."""
    given = request.GET.get("pair", "") or "-".join(request.GET.get(name, "") for name in ("first", "second"))
    parts = given.split("-")
    if not any(parts):
        return None
    if len(set(parts)) != 2 or not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        raise BadRequest("Choose two reviewers, or none.")
    return int(parts[0]), int(parts[1])


def _state(request: UserRequest) -> str:
    state = request.GET.get("state", "")
    if state and state not in STATES:
        raise BadRequest(f"“state” cannot be “{state[:40]}”. Use one of: {', '.join(STATES)}.")
    return state


def _after(request: UserRequest) -> int:
    after = request.GET.get("after", "") or "0"
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise BadRequest(f"“after” must be a whole number, not “{after[:40]}”.")
    return int(after)
