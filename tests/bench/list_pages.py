"""Fill the database of this process with conversations and time pages of the list; prints JSON.

Not run by hand: see bench_list.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django

TIMES = 7
PAGE_ROWS = 50
FILTERS = {
    "none": "",
    "source": "source={late}",
    "two sources": "source={big}&source={late}",
    "status": "status=rejected",
    "two statuses": "status=approved&status=rejected",
    "source, status": "source={decided}&status=rejected",
    "flagged": "flag=any",
    "flagged, source": "flag=any&source={late}",
    "flagged, status": "flag=any&status=skipped",
    "flag": "flag=unsafe",
    "flag of the last 1,000 rows": "flag=other",
    "flag, source": "flag=unsafe&source={big}",
    "flag, status": "flag=unsafe&status=skipped",
    "edited": "edited=1",
    "system message": "system=1",
    "tool parts": "tools=1",
    "format issue": "issue=any",
    "subject": "subject=law",
    "turns, common": "turns_min=4",
    "turns, rare": "turns_min=40",
    "characters, rare": "chars_min=20000",
    "four filters, looked through": "status=unreviewed&turns_min=8&chars_max=100&tools=1",
}


def main() -> None:
    """Fill, measure, print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    from tests.bench.rows import fill

    rows = int(sys.argv[1])
    sources = fill(rows)
    print(json.dumps({name: _pages(query.format(**sources), rows) for name, query in FILTERS.items()}))


def _pages(query: str, rows: int) -> dict[str, Any]:
    from django.http import QueryDict
    from django.test import Client

    from webapp.accounts.models import Role, User
    from webapp.conversations.filters import ConversationFilter
    from webapp.conversations.listing import Place, conversation_page
    from webapp.conversations.models import Conversation

    user, _ = User.objects.get_or_create(username="reader", role=Role.REVIEWER)
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    wanted = ConversationFilter.from_query(QueryDict(query))
    found = wanted.apply(Conversation.objects.all())
    total = found.count()

    def ours(place: str) -> None:
        assert client.get("/conversations/?" + "&".join(part for part in (query, place) if part)).status_code == 200

    def naive(number: int) -> None:
        start = max(0, min(number * PAGE_ROWS, total - PAGE_ROWS))
        list(found.select_related("source").order_by("pk")[start : start + PAGE_ROWS])
        found.count()

    middle = found.order_by("pk").values_list("pk", flat=True)[total // 2] if total else rows // 2
    return {
        "found": str(conversation_page(wanted, Place()).count),
        "ours": [median_ms(partial(ours, place)) for place in ("", f"after={middle}", "page=last")],
        "naive": [median_ms(partial(naive, number)) for number in (0, total // 2 // PAGE_ROWS, total)],
    }


def median_ms(work: Callable[[], None]) -> float:
    """Milliseconds of the processor: what a page costs, whatever else the machine is doing. The rows are in memory."""
    times = []
    for _ in range(TIMES):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
