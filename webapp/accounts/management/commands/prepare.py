"""`manage.py prepare`: what has to happen before a start."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from webapp.accounts.models import User


class Command(BaseCommand):
    """Migrates; on an installation that nobody has entered yet, prints the administrator's log-in link."""

    help = "Bring the database up to date. Until somebody has logged in, print a log-in link for the administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo data at the first start")

    def handle(self, *, demo: bool, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if demo and not User.objects.exists():
            call_command("seed_demo", if_empty=True, stdout=self.stderr)
        if not User.objects.exclude(last_login=None).exists():
            call_command("loginlink", stdout=self.stdout)
