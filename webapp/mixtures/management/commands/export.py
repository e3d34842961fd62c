"""Export a mixture."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from webapp.common.commands import JobCommand
from webapp.common.models import Job
from webapp.common.templatetags.winnow import number, size
from webapp.mixtures.actions import start_export
from webapp.mixtures.models import Export, Mixture


class Command(JobCommand):
    help = "Export a mixture to a file that CustomJSON loads, with its manifest beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The mixture and the file."""
        parser.add_argument("mixture", help="the name of the mixture")
        parser.add_argument("--out", type=Path, required=True, help="the file to write; it must not exist yet")
        parser.add_argument(
            "--format", choices=Export.Format.values, help="how the file is packed; by default as its name ends"
        )
        super().add_arguments(parser)

    def start(self, options: dict[str, Any]) -> Job:
        """Queue the export."""
        mixture = Mixture.objects.filter(name=options["mixture"]).first()
        if mixture is None:
            raise CommandError(f"There is no mixture called “{options['mixture']}”. {_known()}")
        out = options["out"].absolute()
        export = start_export(
            mixture=mixture,
            format_name=options["format"] or format_of(out),
            by=None,
            out=out,
            send=options["queue"],
        )
        assert export.job is not None  # noqa: S101  (tells the types apart)
        return export.job

    def summary(self, job: Job) -> str:
        """What was written."""
        export = Export.objects.get(pk=job.parameters["export"])
        return (
            f"Wrote {number(export.lines)} conversations ({size(export.size)}) to {export.path()}\n"
            f"SHA-256 {export.sha256}\nManifest {export.manifest_path()}"
        )


def format_of(path: Path) -> str:
    """The format that the ending of a file's name stands for."""
    return {".gz": "jsonl.gz", ".zst": "jsonl.zst"}.get(path.suffix.lower(), "jsonl")


def _known() -> str:
    names = list(Mixture.objects.values_list("name", flat=True)[:20])
    return f"There are: {', '.join(names)}." if names else "There are none yet."
