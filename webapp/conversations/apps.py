from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "webapp.conversations"
    label = "conversations"

    def ready(self) -> None:
        from webapp.conversations import jobs  # noqa: F401  (registers its kinds)
