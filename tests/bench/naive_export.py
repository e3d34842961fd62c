"""The peer: an export as one writes it at first, with model instances and `json`.

python -m tests.bench.naive_export FILE: prints JSON like timed_export, without reading anything back.
"""

import json
import os
import random
import sys
import time
from pathlib import Path

import django


def main() -> None:
    """The same lines in the same order; nothing is checked, hashed or synced."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    from webapp.conversations.models import Conversation

    begun = time.perf_counter()
    rows = Conversation.objects.select_related("text").order_by("id").iterator(chunk_size=2000)
    lines = [json.dumps(json.loads(row.text.messages), ensure_ascii=False) for row in rows if not row.issues]
    random.Random(42).shuffle(lines)
    path = Path(sys.argv[1])
    with path.open("w") as file:
        for line in lines:
            file.write(line + "\n")
    print(json.dumps({"lines": len(lines), "size": path.stat().st_size, "write": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
