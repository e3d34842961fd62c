"""What can be done with a list of conversations as a whole. Later apps register their actions here."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.accounts.models import Role, User
from webapp.conversations.filters import ConversationFilter


@dataclass(frozen=True)
class ListAction:
    """A link above the list: `address` gets the filter of the list. Shown to those who hold `role`."""

    label: str
    address: Callable[[ConversationFilter], str]
    role: Role = Role.VIEWER


LIST_ACTIONS: list[ListAction] = []


def register_list_action(action: ListAction) -> None:
    """Show an action above every list of conversations."""
    LIST_ACTIONS.append(action)


def list_actions(user: User, wanted: ConversationFilter) -> list[tuple[str, str]]:
    """Labels and addresses of the actions that a user may take."""
    return [(action.label, action.address(wanted)) for action in LIST_ACTIONS if user.may(action.role)]
