"""The page of a conversation: reading it, deciding about it, flagging it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest, Conflict, NotFound, Unprocessable
from webapp.common.pages import render_page
from webapp.conversations.actions.review import decide, flag_conversation, resolve_flag
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.deciding import elsewhere_for
from webapp.conversations.diffs import diff_messages
from webapp.conversations.fetching import get_conversation_for_user, get_flag_for_user
from webapp.conversations.filters import ConversationFilter, filter_names
from webapp.conversations.listing import Place, neighbours
from webapp.conversations.models import Conversation, Status
from webapp.conversations.panels import panels_for
from webapp.conversations.review_forms import DecisionForm, FlagForm, first_error, positive, version_of
from webapp.conversations.showing import ShownConversation
from webapp.conversations.timeline import events_since
from webapp.conversations.versions import StaleVersion, text_at

# What the page reads of an address beside the list that the conversation belongs to.
OWN_NAMES = ("from", "as", "flag_turn", "turn")
DONE_WORDS = {
    Status.APPROVED: "Approved",
    Status.REJECTED: "Rejected",
    Status.SKIPPED: "Skipped",
    Status.UNREVIEWED: "Back to unreviewed:",
}


@require_GET
@role_required(Role.VIEWER)
def conversation(request: UserRequest, conversation_id: int) -> HttpResponse:
    """The whole page, or for htmx the next stretch of turns."""
    shown = shown_for(request, conversation_id)
    return show(request, shown)


@require_POST
@role_required(Role.REVIEWER)
def decide_one(request: UserRequest, conversation_id: int) -> HttpResponse:
    version = version_of(request.POST)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    status = form.chosen()
    place = elsewhere_for(request.user, conversation_id)
    if place is not None and place.refuses:
        return show(request, shown_for(request, conversation_id), status=409)  # the page says where
    try:
        decided = decide(
            conversation_id=conversation_id,
            version=version,
            status=status,
            by=request.user,
            note=form.cleaned_data["note"].strip(),
            seen_flag=form.cleaned_data["seen_flag"],
        )
    except Conflict as error:
        return _conflict(request, conversation_id, error, version, form)
    except Unprocessable as error:
        return show(request, shown_for(request, conversation_id), problem=str(error), status=422)
    messages.success(request, f"{DONE_WORDS[status]} {decided}.")
    return _after_decision(request, decided)


@require_POST
@role_required(Role.REVIEWER)
def flag_one(request: UserRequest, conversation_id: int) -> HttpResponse:
    form = FlagForm(request.POST)
    if not form.is_valid():
        shown = shown_for(request, conversation_id)
        shown.kept = {name: str(request.POST.get(name, "")) for name in ("reason", "turn", "note")}
        return show(request, shown, problem=f"The flag was not set. {first_error(form)}", status=400)
    try:
        flag_conversation(
            conversation_id=conversation_id,
            reason=form.cleaned_data["reason"],
            turn=form.turn_index(),
            note=form.cleaned_data["note"].strip(),
            by=request.user,
        )
    except Unprocessable as error:
        return show(request, shown_for(request, conversation_id), problem=str(error), status=422)
    return HttpResponseRedirect(address_of(conversation_id, list_of(request)))


@require_POST
@role_required(Role.REVIEWER)
def resolve_one(request: UserRequest, conversation_id: int, flag_id: int) -> HttpResponse:
    flag = get_flag_for_user(request.user, conversation_id, flag_id)
    resolve_flag(flag_id=flag.pk, by=request.user)
    return HttpResponseRedirect(address_of(conversation_id, list_of(request)))


@require_GET
@role_required(Role.VIEWER)
def turn(request: UserRequest, conversation_id: int, number: int) -> HttpResponse:
    """One turn, however long, on a page of its own."""
    shown = shown_for(request, conversation_id)
    if not 1 <= number <= len(shown.messages):
        raise NotFound(f"The conversation has the turns 1 to {len(shown.messages):,}.")
    context = {"shown": shown, "conversation": shown.conversation, "turn": shown.turn(number - 1, whole=True)}
    return render_page(request, "conversations/conversation_turn.html", context)


@require_GET
@role_required(Role.VIEWER)
def raw(request: UserRequest, conversation_id: int) -> HttpResponse:
    """The stored text as it is now, as it was imported, and what came beside it."""
    found = get_conversation_for_user(request.user, conversation_id)
    texts = {"messages": found.text.messages, "original": found.text.original_text(), "metadata": found.text.metadata}
    name = request.GET.get("download", "")
    if not name:
        context = {"conversation": found, "texts": texts, "query": list_of(request)}
        return render_page(request, "conversations/conversation_raw.html", context)
    if name not in texts:
        raise BadRequest(f"“{name[:40]}” cannot be downloaded. Use one of: {', '.join(texts)}.")
    response = HttpResponse(texts[name] or "{}", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="conversation-{found.pk}-{name}.json"'
    return response


def shown_for(request: UserRequest, conversation_id: int) -> ShownConversation:
    """The conversation as this request wants to see it."""
    found = get_conversation_for_user(request.user, conversation_id)
    as_written = request.GET.get("as") == "written"
    return ShownConversation(found, request.user, query=list_of(request), as_written=as_written)


def show(request: UserRequest, shown: ShownConversation, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The page of a conversation; `problem` says what was refused."""
    start = positive(request.GET.get("from") or "1", "from") - 1
    listed = request.GET if request.method == "GET" else QueryDict(shown.query)
    before, after = _neighbours(shown.conversation, listed)
    context: dict[str, Any] = {
        "shown": shown,
        "conversation": shown.conversation,
        "page": shown.turn_page(min(start, len(shown.messages) - 1)),
        "start": start,
        "panels": panels_for(shown),
        "elsewhere": elsewhere_for(request.user, shown.conversation.pk),
        "before": before and address_of(before, shown.query),
        "after": after and address_of(after, shown.query),
        "then_next": request.session.get("then_next", True),
        "flag_open": "reason" in shown.kept or "flag_turn" in request.GET,
        "flag_turn": shown.kept.get("turn") or request.GET.get("flag_turn", ""),
        "problem": problem,
    }
    partials = {"more-turns": "turns"}
    return render_page(request, "conversations/conversation.html", context, partials=partials, status=status)


def list_of(request: UserRequest) -> str:
    """The query of the list that the conversation was opened from: its page and its forms carry it along."""
    fields = request.GET if request.method == "GET" else QueryDict(request.POST.get("list", ""))
    names = (*filter_names(), "order")
    kept = [(name, value) for name, values in fields.lists() if name in names for value in values if value]
    return urlencode(kept)


def address_of(conversation_id: int, query: str = "") -> str:
    """The address of a conversation inside a list."""
    address = reverse("conversations:conversation", args=[conversation_id])
    return f"{address}?{query}" if query else address


def _neighbours(shown: Conversation, fields: QueryDict) -> tuple[int | None, int | None]:
    """The ids before and after a conversation in its list; without a filter in its source."""
    listed = ConversationFilter.from_query(fields, other=(*OWN_NAMES, "order"))
    order = Place.from_query({"order": fields.get("order", "")}).order
    return neighbours(listed or ConversationFilter(source=(shown.source_id,)), shown.pk, order=order)


def _after_decision(request: UserRequest, decided: Conversation) -> HttpResponse:
    query = list_of(request)
    go_on = request.POST.get("then") == "next"
    request.session["then_next"] = go_on
    if not go_on:
        return HttpResponseRedirect(address_of(decided.pk, query))
    _, following = _neighbours(decided, QueryDict(query))
    if following is None:
        messages.info(request, "That was the last one of this list.")
    return HttpResponseRedirect(address_of(following or decided.pk, query))


def _conflict(
    request: UserRequest, conversation_id: int, error: Conflict, version: int, form: DecisionForm
) -> HttpResponse:
    """What changed since the page was shown, and the same decision again on what there is now."""
    shown = shown_for(request, conversation_id)
    seen = form.cleaned_data["seen_flag"] or 0
    context = {
        "shown": shown,
        "conversation": shown.conversation,
        "error": error,
        "events": events_since(shown, version),
        "new_flags": [flag for flag in shown.open_flags if flag.pk > seen],
        "changes": _changes_since(shown, version) if isinstance(error, StaleVersion) else [],
        "wanted": form.cleaned_data["status"],
        "note": form.cleaned_data["note"],
    }
    return render_page(request, "conversations/conversation_conflict.html", context, status=409)


def _changes_since(shown: ShownConversation, version: int) -> list[Any]:
    if version > shown.conversation.version:
        return []
    old = text_at(shown.conversation, version)
    changed = old != shown.conversation.text.messages
    return list(diff_messages(messages_of(old), shown.messages)) if changed else []
