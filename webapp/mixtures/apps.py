from django.apps import AppConfig


class MixturesConfig(AppConfig):
    name = "webapp.mixtures"
    label = "mixtures"

    def ready(self) -> None:
        from webapp.mixtures import jobs  # noqa: F401  (registers its kinds)
