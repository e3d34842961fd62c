from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from webapp.conversations.filters import ConversationFilter


class ConversationsConfig(AppConfig):
    name = "webapp.conversations"
    label = "conversations"

    def ready(self) -> None:
        from webapp.accounts.models import Role
        from webapp.conversations import bulk_jobs, hooks, indexing, jobs, replacing_jobs  # noqa: F401  (kinds of jobs)
        from webapp.conversations.list_actions import ListAction, register_list_action

        register_list_action(ListAction("Find and replace", _replace_filter, Role.CURATOR))
        hooks.TEXTS_CHANGED_HOOKS.append(indexing.texts_changed)
        hooks.PURGE_HOOKS.append(indexing.forget)


def _replace_filter(wanted: "ConversationFilter") -> str:
    from django.urls import reverse

    return f"{reverse('conversations:replace')}?{wanted.to_query()}"
