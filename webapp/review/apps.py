from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from webapp.conversations.filters import ConversationFilter


class ReviewConfig(AppConfig):
    name = "webapp.review"
    label = "review"

    def ready(self) -> None:
        from webapp.accounts.models import Role
        from webapp.conversations.list_actions import ListAction, register_list_action
        from webapp.review import hooks, jobs, panels, talking  # noqa: F401  (they register themselves)

        register_list_action(ListAction("Review these", _review_filter, Role.CURATOR))


def _review_filter(wanted: "ConversationFilter") -> str:
    from urllib.parse import urlencode

    from django.urls import reverse

    return f"{reverse('review:new_queue')}?{urlencode({'query': wanted.to_query()})}"
