from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "webapp.review"
    label = "review"

    def ready(self) -> None:
        from webapp.review import panels, talking  # noqa: F401  (they register themselves)
