from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "webapp.accounts"
    label = "accounts"

    def ready(self) -> None:
        from webapp.accounts.permissions import guard_job
        from webapp.common.running import GUARDS

        GUARDS.append(guard_job)
