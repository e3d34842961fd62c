"""`manage.py loginlink`: a way in for whoever can run commands on this machine."""

import json as json_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts.actions import make_login_link, person_to_log_in
from webapp.accounts.links import Purpose, path_of, site_address
from webapp.common.errors import WinnowError


class Command(BaseCommand):
    """Prints the link alone, so that scripts can take it; the first administrator is created where there is none."""

    help = "Print a link that logs an administrator (or the person named) in once, within a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", default="", help="default: the first administrator")
        parser.add_argument("--address", default=settings.PUBLIC_ADDRESS, help="where people reach Winnow")
        parser.add_argument("--json", action="store_true", help="print user name and link as JSON")

    def handle(self, *, username: str, address: str, json: bool, **options: Any) -> None:
        try:
            site = site_address(address)
            person = person_to_log_in(username)
            link = site + path_of(Purpose.LOGIN, make_login_link(person=person, by=None))
        except WinnowError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json_module.dumps({"username": person.username, "link": link}) if json else link)
