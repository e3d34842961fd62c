from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from webapp.conversations.filters import ConversationFilter


class EvalsConfig(AppConfig):
    name = "webapp.evals"
    label = "evals"

    def ready(self) -> None:
        from webapp.accounts.models import Role
        from webapp.conversations.list_actions import ListAction, register_list_action
        from webapp.evals import hooks, jobs, panels  # noqa: F401  (they register themselves)

        register_list_action(ListAction("Evaluate these", _evaluate_filter, Role.CURATOR))


def _evaluate_filter(wanted: "ConversationFilter") -> str:
    from urllib.parse import urlencode

    from django.urls import reverse

    return f"{reverse('evals:new_run')}?{urlencode({'what': 'filter', 'query': wanted.to_query()})}"
