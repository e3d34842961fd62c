"""Prove an exported file against its manifest."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from webapp.common.templatetags.winnow import number
from webapp.mixtures.verifying import CannotCheck, verify_file

DIFFERENT, CANNOT_CHECK = 1, 2


class Command(BaseCommand):
    help = (
        "Prove an exported file against its manifest: size, SHA-256, lines, the rules of its loader, and the manifest "
        "itself. Ends 0 when all is as it should be, 1 when something differs, 2 when it cannot be checked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file and its manifest."""
        parser.add_argument("file", type=Path, help="the exported file")
        parser.add_argument("--manifest", type=Path, help="its manifest; by default FILE.manifest.json beside it")
        parser.add_argument("--json", action="store_true", help="write what was found as JSON to standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, say what was found, and end accordingly."""
        try:
            problems, code = verify_file(options["file"], options["manifest"], on_lines=self._show), 0
            code = DIFFERENT if problems else 0
        except CannotCheck as error:
            problems, code = [str(error)], CANNOT_CHECK
        if options["json"]:
            found = {"file": str(options["file"]), "ok": not problems, "problems": problems}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            for problem in problems:
                self.stderr.write(problem)
            if not problems:
                self.stdout.write(f"{options['file']} is what its manifest says.")
        if code:
            sys.exit(code)

    def _show(self, lines: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{number(lines)} lines")
            sys.stderr.flush()
