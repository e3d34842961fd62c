from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "webapp.dashboards"
    label = "dashboards"

    def ready(self) -> None:
        from webapp.dashboards import jobs  # noqa: F401  (registers a sweep)
