"""`manage.py seed_demo`: something to look at."""

import json as json_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from webapp.common.running import run_slice
from webapp.conversations.actions.demo import load_demo
from webapp.conversations.actions.search import queue_indexing
from webapp.conversations.models import Source


class Command(BaseCommand):
    """Loads the demo data once, and makes it searchable."""

    help = "Load about 60 short conversations with planted faults. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="only where nothing was ever imported")
        parser.add_argument("--json", action="store_true", help="print what was loaded as JSON")

    def handle(self, *, if_empty: bool, json: bool, **options: Any) -> None:
        source = None if if_empty and Source.objects.exists() else load_demo(by=None)
        count = source.conversations.count() if source else 0
        if source:
            run_slice(queue_indexing(source=source, by=None, send=False).pk, slice_seconds=None)
        if json:
            self.stdout.write(json_module.dumps({"loaded": count, "source": source.pk if source else None}))
        elif source:
            self.stdout.write(f"Loaded {count} demo conversations into “{source}”.")
        else:
            self.stdout.write("Nothing to do: the demo data, or something else, is there already.")
