"""Steps that ran into a change of somebody else: the list of them, and each with both texts."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest, NotFound, WinnowError
from webapp.common.pages import render_page
from webapp.conversations.review_forms import version_of
from webapp.review.access import get_step_for_reviewer
from webapp.review.actions.conflicts import keep_theirs, put_mine_on_top
from webapp.review.conflicts import Clash, open_conflicts


@require_safe
@role_required(Role.REVIEWER)
def conflict_list(request: UserRequest) -> HttpResponse:
    return render_page(request, "review/conflicts.html", {"clashes": open_conflicts(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.REVIEWER)
def conflict(request: UserRequest, step_id: UUID) -> HttpResponse:
    """What changed since, and both texts; a press on one of its two buttons."""
    step = get_step_for_reviewer(request.user, step_id)
    if step.conversation_id is None:
        raise NotFound("Its conversation has been deleted.")
    clash = Clash(step, request.user)
    if request.method != "POST":
        return _page(request, clash)
    try:
        _end(request, clash)
    except BadRequest:
        raise
    except WinnowError as error:
        return _page(request, Clash(step, request.user), problem=str(error), status=error.status)
    return HttpResponseRedirect(reverse("review:conflicts"))


def _end(request: UserRequest, clash: Clash) -> None:
    wanted = request.POST.get("do", "")
    if wanted not in {"keep", "mine"}:
        raise BadRequest("The form holds a button that this page does not know. Reload the page.")
    if wanted == "keep":
        keep_theirs(step=clash.step, reviewer=request.user)
        messages.success(request, f"{clash.step.conversation} stays as it is.")
        return
    seen = request.POST.get("seen_flag", "")
    seen_flag = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 19 else 0
    version = version_of(request.POST)
    put_mine_on_top(step=clash.step, reviewer=request.user, version=version, seen_flag=seen_flag)
    messages.success(request, f"Yours is saved: {clash.step.conversation}, {clash.words}.")


def _page(request: UserRequest, clash: Clash, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {"clash": clash, "shown": clash.shown, "conversation": clash.shown.conversation, "problem": problem}
    return render_page(request, "review/conflict.html", context, status=status)
