"""The reasons of flags: everybody sees them with their open counts, curators change them."""

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest, NotFound
from webapp.common.pages import render_page
from webapp.conversations.actions.taxonomy import (
    add_reason,
    bring_back_reason,
    change_reason,
    move_reason,
    retire_reason,
)
from webapp.conversations.models import FlagReason, FlagTally
from webapp.conversations.review_forms import ReasonForm

# The first reasons have the number keys.
KEYS = 9


@require_http_methods(["GET", "POST"])
@role_required(Role.VIEWER, to_change=Role.CURATOR)
def taxonomy(request: UserRequest) -> HttpResponse:
    """The list; a POST adds a reason."""
    if request.method == "GET":
        return _page(request, ReasonForm())
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    reason = add_reason(by=request.user, **form.cleaned_data)
    messages.success(request, f"Added the reason “{reason.label}”.")
    return HttpResponseRedirect(reverse("conversations:taxonomy"))


@require_http_methods(["GET", "POST"])
@role_required(Role.CURATOR)
def change(request: UserRequest, reason_id: int) -> HttpResponse:
    """Rename and describe."""
    reason = _reason(reason_id)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        reason=reason,
        initial={"label": reason.label, "description": reason.description},
    )
    if not form.is_valid():
        status = 400 if form.is_bound else 200
        context = {"form": form, "reason": reason}
        return render_page(request, "conversations/taxonomy_change.html", context, status=status)
    change_reason(reason=reason, by=request.user, **form.cleaned_data)
    return HttpResponseRedirect(reverse("conversations:taxonomy"))


@require_POST
@role_required(Role.CURATOR)
def arrange(request: UserRequest, reason_id: int) -> HttpResponse:
    """Up, down, retire, bring back."""
    reason = _reason(reason_id)
    match request.POST.get("do"):
        case "up" | "down" as way if reason.active:
            move_reason(reason=reason, up=way == "up", by=request.user)
        case "retire":
            retire_reason(reason=reason, by=request.user)
        case "bring-back":
            bring_back_reason(reason=reason, by=request.user)
        case _:
            raise BadRequest("This button does nothing here. Reload the page.")
    return HttpResponseRedirect(reverse("conversations:taxonomy"))


def _reason(reason_id: int) -> FlagReason:
    reason = FlagReason.objects.filter(pk=reason_id).first()
    if reason is None:
        raise NotFound("There is no such reason.")
    return reason


def _page(request: UserRequest, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    live = FlagTally.objects.filter(source__deleted_at=None)
    totals = dict(live.values_list("reason").annotate(open=Sum("total")).values_list("reason", "open"))
    reasons = [(reason, totals.get(reason.pk, 0)) for reason in FlagReason.objects.all()]
    context = {
        "active": [(reason, count) for reason, count in reasons if reason.active],
        "retired": [(reason, count) for reason, count in reasons if not reason.active],
        "keys": KEYS,
        "form": form,
    }
    return render_page(request, "conversations/taxonomy.html", context, status=status)
