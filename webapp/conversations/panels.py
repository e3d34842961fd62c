"""The panels beside a conversation. Later apps register theirs here; one without data is not shown."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from webapp.conversations.duplicates import MOST_SHOWN, duplicates_of
from webapp.conversations.showing import ShownConversation

PanelData = dict[str, Any]

# Entries of the history and the decisions beside the text; the rest is on the page of the history.
MOST_ENTRIES = 6


@dataclass(frozen=True)
class Panel:
    """A panel: its template gets what `data` returns as `data`, and the conversation as `shown`."""

    name: str
    title: str
    template: str
    data: Callable[[ShownConversation], PanelData | None]
    # Panels stand in this order; those of this app have 10, 20, 30, 40.
    order: int


class ShownPanel(NamedTuple):
    panel: Panel
    data: PanelData


_panels: dict[str, Panel] = {}


def register_panel(panel: Panel) -> None:
    """Show a panel on the page of every conversation that it has data for."""
    _panels[panel.name] = panel


def panels_for(shown: ShownConversation, *, without: Collection[str] = ()) -> list[ShownPanel]:
    """The panels that have something to show, in their order; those named in `without` are not asked."""
    found = []
    for panel in sorted(_panels.values(), key=lambda panel: panel.order):
        if panel.name in without:
            continue
        data = panel.data(shown)
        if data is not None:
            found.append(ShownPanel(panel, data))
    return found


def _flags(shown: ShownConversation) -> PanelData | None:
    if not shown.flags and not shown.may_review():
        return None
    resolved = [flag for flag in shown.flags if flag.resolved_at is not None]
    return {"open": shown.open_flags, "resolved": resolved}


def _issues(shown: ShownConversation) -> PanelData | None:
    return {"issues": shown.issues} if shown.issues else None


def _decisions(shown: ShownConversation) -> PanelData | None:
    decisions = shown.decisions
    return {"decisions": decisions[:MOST_ENTRIES], "more": len(decisions) > MOST_ENTRIES} if decisions else None


def _duplicates(shown: ShownConversation) -> PanelData | None:
    found = duplicates_of(shown)
    return {"duplicates": found[:MOST_SHOWN], "more": len(found) > MOST_SHOWN} if found else None


def _history(shown: ShownConversation) -> PanelData | None:
    revisions = shown.revisions
    return {"revisions": revisions[:MOST_ENTRIES], "more": len(revisions) > MOST_ENTRIES}


register_panel(Panel("flags", "Flags", "conversations/panels/flags.html", _flags, 10))
register_panel(Panel("issues", "Format issues", "conversations/panels/issues.html", _issues, 20))
register_panel(Panel("decisions", "Decisions", "conversations/panels/decisions.html", _decisions, 30))
register_panel(Panel("duplicates", "Same text", "conversations/panels/duplicates.html", _duplicates, 35))
register_panel(Panel("history", "History", "conversations/panels/history.html", _history, 40))
