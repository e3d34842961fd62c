from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "webapp.conversations"
    label = "conversations"

    def ready(self) -> None:
        from webapp.conversations import bulk_jobs, hooks, indexing, jobs  # noqa: F401  (the jobs register their kinds)

        hooks.TEXT_CHANGED_HOOKS.append(indexing.text_changed)
        hooks.PURGE_HOOKS.append(indexing.forget)
