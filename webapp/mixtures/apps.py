from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from webapp.conversations.filters import ConversationFilter


class MixturesConfig(AppConfig):
    name = "webapp.mixtures"
    label = "mixtures"

    def ready(self) -> None:
        from webapp.accounts.models import Role
        from webapp.conversations.list_actions import ListAction, register_list_action
        from webapp.mixtures import jobs  # noqa: F401  (registers its kinds)

        register_list_action(ListAction("Mix these", _use_filter, Role.CURATOR))


def _use_filter(wanted: "ConversationFilter") -> str:
    from django.urls import reverse

    return f"{reverse('mixtures:use_filter')}?{wanted.to_query()}"
