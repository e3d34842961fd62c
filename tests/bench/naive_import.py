"""The peer: an import as one writes it at first, with model instances and `bulk_create`.

python -m tests.bench.naive_import FILE ROWS: prints the seconds that it took.
"""

import hashlib
import json
import os
import sys
import time
from itertools import islice
from pathlib import Path

import django


def main() -> None:
    """Import without looking for duplicates, issues or tokens: less work than Winnow does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    from django.db import transaction

    from webapp.conversations.models import Conversation, ConversationText, Source

    started = time.perf_counter()
    source = Source.objects.create(name="naive", kind=Source.Kind.UPLOAD)
    with Path(sys.argv[1]).open() as file:
        numbered = enumerate(islice(file, int(sys.argv[2])))
        while chunk := list(islice(numbered, 2000)):
            texts = [json.dumps(json.loads(line)["messages"], separators=(",", ":")) for _, line in chunk]
            with transaction.atomic():
                rows = Conversation.objects.bulk_create(
                    Conversation(
                        source=source,
                        position=position,
                        turns=4,
                        characters=len(text),
                        preview=text[30:190],
                        original_hash=hashlib.sha256(text.encode()).digest()[:16],
                        content_hash=hashlib.sha256(text.encode()).digest(),
                    )
                    for (position, _), text in zip(chunk, texts, strict=True)
                )
                ConversationText.objects.bulk_create(
                    ConversationText(conversation=row, messages=text) for row, text in zip(rows, texts, strict=True)
                )
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
