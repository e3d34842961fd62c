"""`manage.py createuser NAME --role ROLE`: an account from the command line."""

import json as json_module
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts.actions import create_user, make_reset_link
from webapp.accounts.links import Purpose, path_of, site_address
from webapp.accounts.models import Role, User
from webapp.common.errors import WinnowError


class Command(BaseCommand):
    """Without a password it prints the link on which the person sets one."""

    help = "Create an account. Prints a link for setting the password, unless one comes on standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=Role.values, required=True)
        parser.add_argument("--name", default="", help="full name")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--address", default=settings.PUBLIC_ADDRESS, help="where people reach Winnow")
        parser.add_argument("--json", action="store_true", help="print the account as JSON")

    def handle(
        self, *, username: str, role: str, name: str, password_stdin: bool, address: str, json: bool, **options: Any
    ) -> None:
        try:
            site = site_address(address)
            password = read_password(username) if password_stdin else None
            person = create_user(username=username, role=role, name=name, password=password, by=None)
            link = "" if password else site + path_of(Purpose.RESET, make_reset_link(person=person, by=None))
        except WinnowError as error:
            raise CommandError(str(error)) from error
        if json:
            self.stdout.write(json_module.dumps({"username": username, "role": role, "link": link or None}))
            return
        self.stdout.write(f"Created {username} ({role}).")
        if link:
            self.stdout.write(f"To set a password, once, within 7 days: {link}")


def read_password(username: str) -> str:
    """The first line of standard input; raises CommandError where the rules refuse it."""
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
