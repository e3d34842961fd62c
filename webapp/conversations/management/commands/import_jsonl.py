"""Import a file of conversations."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from webapp.common.commands import JobCommand
from webapp.common.models import Job
from webapp.conversations.actions.sources import import_file
from webapp.conversations.reports import ImportReport


class Command(JobCommand):
    help = (
        "Import a file of conversations: JSON Lines (.jsonl, .jsonl.gz) or a JSON array (.json). It is read where it "
        "is and has to stay as it is until the import ends."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and how it is taken."""
        parser.add_argument("file", type=Path, help="the file")
        parser.add_argument("--name", default="", help="what the source is called; by default as the file")
        parser.add_argument("--keep-duplicates", action="store_true", help="keep conversations that stand there twice")
        super().add_arguments(parser)

    def start(self, options: dict[str, Any]) -> Job:
        """Queue the import."""
        return import_file(
            path=options["file"],
            name=options["name"],
            keep_duplicates=options["keep_duplicates"],
            send=options["queue"],
        )

    def summary(self, job: Job) -> str:
        """What was read, and where it went."""
        return ImportReport(job).sentence()
