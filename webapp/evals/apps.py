from django.apps import AppConfig


class EvalsConfig(AppConfig):
    name = "webapp.evals"
    label = "evals"

    def ready(self) -> None:
        from webapp.evals import hooks, jobs, panels  # noqa: F401  (they register themselves)
