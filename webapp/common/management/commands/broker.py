"""`manage.py broker`: the embedded Redis or Valkey server, in the foreground."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from webapp.common.broker import BrokerUnavailable, run_broker


class Command(BaseCommand):
    """Becomes the broker that Winnow uses where REDIS_URL is not set."""

    help = "Run the embedded broker, which Winnow uses where REDIS_URL is not set."
    requires_system_checks: list[str] = []  # it starts first, before anything else can be checked

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_broker(settings.WINNOW_DATA)
        except BrokerUnavailable as error:
            raise CommandError(str(error)) from None
