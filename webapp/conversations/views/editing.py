"""The edit page: a stretch of turns as a form that works with and without JavaScript."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.errors import BadRequest, Unprocessable
from webapp.common.pages import render_page
from webapp.conversations.actions.review import save_edit
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.content.checking import find_issues
from webapp.conversations.content.oddities import find_oddities
from webapp.conversations.content.shapes import PART_TYPES, ROLES, Message, joined_text
from webapp.conversations.deciding import elsewhere_for
from webapp.conversations.diffs import diff_messages
from webapp.conversations.drafts import Draft, read_draft, stretch_with, stretches, take_step
from webapp.conversations.models import Conversation
from webapp.conversations.rendering import PART_LABELS
from webapp.conversations.review_forms import positive, version_of, why
from webapp.conversations.showing import ShownConversation
from webapp.conversations.versions import FlaggedSince, StaleVersion, text_at
from webapp.conversations.views.conversation import address_of, list_of, shown_for

TEMPLATE = "conversations/conversation_edit.html"


@require_http_methods(["GET", "POST"])
@role_required(Role.REVIEWER)
def edit(request: UserRequest, conversation_id: int) -> HttpResponse:
    """The form; a press on one of its small buttons; a save."""
    if request.method == "GET":
        return _fresh_form(request, conversation_id)
    draft = read_draft(request.POST.dict(), version_of(request.POST), reason=why(request.POST, "reason"))
    shown = shown_for(request, conversation_id)
    if draft.version > shown.conversation.version:
        raise BadRequest("The form names a version that there has never been. Reload the page.")
    base = messages_of(text_at(shown.conversation, draft.version))
    if draft.end > len(base):
        raise BadRequest("The form speaks of turns that are not there. Reload the page.")
    step = request.POST.get("do", "save")
    if step in {"save", "approve"}:
        return _save(request, shown, draft, base, approve=step == "approve")
    take_step(draft.turns, step)
    return _form(request, shown, draft, base, moved=step)


def _fresh_form(request: UserRequest, conversation_id: int) -> HttpResponse:
    shown = shown_for(request, conversation_id)
    turn = positive(request.GET.get("turn") or "1", "turn") - 1
    stretch = stretch_with(shown.messages, turn)
    turns = shown.messages[stretch.start : stretch.end] if stretch.editable else []
    draft = Draft(shown.conversation.version, stretch.start, stretch.end, turns)
    return _form(request, shown, draft, shown.messages, too_long=not stretch.editable)


def _save(
    request: UserRequest, shown: ShownConversation, draft: Draft, base: Sequence[Message], *, approve: bool
) -> HttpResponse:
    place = elsewhere_for(request.user, shown.conversation.pk) if approve else None
    if place is not None and place.refuses:
        return _form(request, shown, draft, base, problem=place.words, status=409)
    try:
        saved = save_edit(
            conversation_id=shown.conversation.pk,
            version=draft.version,
            messages=draft.whole(base),
            by=request.user,
            reason=draft.reason,
            approve=approve,
            seen_flag=_seen_flag(request),
        )
    except StaleVersion as error:
        return _stale(request, shown_for(request, shown.conversation.pk), draft, base, error)
    except FlaggedSince as error:
        return _form(request, shown, draft, base, problem=str(error), status=409)
    except Unprocessable as error:
        return _form(request, shown, draft, base, problem=str(error), status=422)
    _say_saved(request, saved, draft.version, approve=approve)
    return HttpResponseRedirect(address_of(saved.pk, list_of(request)))


def _stale(
    request: UserRequest, shown: ShownConversation, draft: Draft, base: Sequence[Message], error: StaleVersion
) -> HttpResponse:
    """Theirs beside yours; the form again, made on the newest version."""
    mine = draft.moved_to(shown.conversation.version, base, shown.messages)
    changes = diff_messages(shown.messages, mine.whole(shown.messages))
    return _form(request, shown, mine, shown.messages, problem=str(error), status=409, conflict=changes)


def _seen_flag(request: UserRequest) -> int | None:
    value = request.POST.get("seen_flag", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None


def _say_saved(request: UserRequest, saved: Conversation, version: int, *, approve: bool) -> None:
    if saved.version == version:
        messages.info(request, "Nothing was changed, so there is no new version.")
        return
    done = "Saved and approved" if approve else "Saved"
    messages.success(request, f"{done} as version {saved.version}.")
    if saved.issues:
        found = find_issues(messages_of(saved.text.messages))
        named = "; ".join(f"turn {issue.turn + 1}: {issue.label}" for issue in found[:5])
        messages.warning(request, f"It cannot be approved yet. {named}.")


def _form(
    request: UserRequest,
    shown: ShownConversation,
    draft: Draft,
    base: Sequence[Message],
    *,
    problem: str = "",
    status: int = 200,
    conflict: Sequence[Any] = (),
    too_long: bool = False,
    moved: str = "",
) -> HttpResponse:
    context = {
        "shown": shown,
        "conversation": shown.conversation,
        "draft": draft,
        "turns": _turns_for(draft, base),
        "last": len(draft.turns) - 1,
        "stretches": _links(shown, draft, base),
        "roles": ROLES,
        "part_types": [(name, PART_LABELS[name]) for name in PART_TYPES],
        "problem": problem,
        "conflict": conflict,
        "too_long": too_long,
        "moved": moved,
        "query": shown.query,
    }
    return render_page(request, TEMPLATE, context, partials={"editor": "editor"}, status=status)


def _turns_for(draft: Draft, base: Sequence[Message]) -> list[dict[str, Any]]:
    """What the template shows of each turn, with the format issues that it would have."""
    whole = draft.whole(base)
    issues = find_issues(whole) if whole else []
    return [
        {
            "index": index,
            "number": draft.start + index + 1,
            "role": turn["role"],
            "parts": None if isinstance(turn["content"], str) else turn["content"],
            "text": turn["content"],
            "rows": min(24, max(3, len(str(turn["content"])) // 90 + str(turn["content"]).count("\n") + 1)),
            "hidden": _hidden(turn),
            "issues": [issue for issue in issues if issue.turn == draft.start + index],
        }
        for index, turn in enumerate(draft.turns)
    ]


def _hidden(turn: Message) -> dict[str, str]:
    """What a text box does not show of a turn: characters that cannot be seen, by code, with their names."""
    return {oddity.code: oddity.name for oddity in find_oddities(joined_text(turn["content"]))}


def _links(shown: ShownConversation, draft: Draft, base: Sequence[Message]) -> list[dict[str, Any]]:
    """The other stretches of a long conversation."""
    found = stretches(base)
    if len(found) < 2:
        return []
    address = reverse("conversations:edit", args=[shown.conversation.pk])
    extra = f"&{shown.query}" if shown.query else ""
    return [
        {
            "label": f"{stretch.start + 1:,} to {stretch.end:,}",
            "address": f"{address}?{urlencode({'turn': stretch.start + 1})}{extra}",
            "current": stretch.start == draft.start,
        }
        for stretch in found
    ]
