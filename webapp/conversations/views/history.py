"""The history of a conversation: all its versions, what changed between two, and going back to one."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.models import Role
from webapp.accounts.permissions import UserRequest, role_required
from webapp.common.pages import render_page
from webapp.conversations.actions.review import restore_version
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.diffs import diff_messages
from webapp.conversations.review_forms import positive, version_of, why
from webapp.conversations.showing import ShownConversation
from webapp.conversations.timeline import timeline
from webapp.conversations.versions import StaleVersion, text_at
from webapp.conversations.views.conversation import address_of, list_of, shown_for


@require_GET
@role_required(Role.VIEWER)
def history(request: UserRequest, conversation_id: int) -> HttpResponse:
    """The timeline, and the difference of two versions (`?old=1&new=3`; the last change where none are named)."""
    return _page(request, shown_for(request, conversation_id))


@require_POST
@role_required(Role.REVIEWER)
def restore(request: UserRequest, conversation_id: int) -> HttpResponse:
    version = version_of(request.POST)
    restored = positive(request.POST.get("restored", ""), "restored")
    reason = why(request.POST, "reason")
    try:
        saved = restore_version(
            conversation_id=conversation_id, version=version, restored=restored, by=request.user, reason=reason
        )
    except StaleVersion as error:
        return _page(request, shown_for(request, conversation_id), problem=str(error), status=409)
    if saved.version == version:
        messages.info(request, f"The text of version {restored} is the text already.")
    else:
        messages.success(request, f"Restored the text of version {restored} as version {saved.version}.")
    return HttpResponseRedirect(address_of(conversation_id, list_of(request)))


def _page(request: UserRequest, shown: ShownConversation, *, problem: str = "", status: int = 200) -> HttpResponse:
    events = timeline(shown)
    old, new = _compared(request, shown)
    first, second = (messages_of(text_at(shown.conversation, version)) for version in (old, new))
    context = {
        "shown": shown,
        "conversation": shown.conversation,
        "events": events,
        "versions": [event.version for event in events if event.has_text],
        "old": old,
        "new": new,
        "changes": diff_messages(first, second),
        "problem": problem,
        "query": shown.query,
    }
    partials = {"comparison": "comparison"}
    return render_page(request, "conversations/conversation_history.html", context, partials=partials, status=status)


def _compared(request: UserRequest, shown: ShownConversation) -> tuple[int, int]:
    """The two versions: those asked for, or the last change of the text."""
    texts = [1, *sorted(revision.version for revision in shown.revisions)]
    old, new = request.GET.get("old", ""), request.GET.get("new", "")
    second = positive(new, "new") if new else texts[-1]
    earlier = [version for version in texts if version < second]
    return (positive(old, "old") if old else (earlier or [1])[-1]), second
