"""Fill the database of this process with one long queue and time what its screen asks; prints JSON.

Not run by hand: see bench_review.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import django

TIMES, OTHERS, HELD = 41, 10, 6
WORDS = "Some words of a turn that is about as long as those of a real conversation are. "


def main() -> None:
    """Fill, measure, print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    queues = _fill(int(sys.argv[1]))
    print(json.dumps({name: _median_ms(call) for name, call in _calls(*queues).items()}))


def _fill(count: int) -> tuple[Any, Any]:
    """Two queues over the same conversations: one reviewer an item, and two."""
    from django.db import connection

    from webapp.common.rows import insert_rows
    from webapp.conversations.content.records import record_of
    from webapp.conversations.models import Conversation, Source
    from webapp.conversations.storing import store_records
    from webapp.review.models import Queue, QueueItem

    source = Source.objects.create(name="made", kind=Source.Kind.UPLOAD, state=Source.State.READY)
    for begin in range(0, count, 1_000):
        rows = [record_of(_conversation(number)) for number in range(begin, min(begin + 1_000, count))]
        store_records(source, rows, first_position=begin)
    ids = list(Conversation.objects.order_by("pk").values_list("pk", flat=True))
    queues = [Queue.objects.create(name=f"by {k}", overlap=k, total=count) for k in (1, 2)]
    fields = ("queue", "conversation", "rank", "reasons", "state", "verdicts_count")
    for queue in queues:
        insert_rows(QueueItem, fields, [(queue.pk, pk, 0, ",unreviewed,", 0, 0) for pk in ids])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return queues[0], queues[1]


def _conversation(number: int) -> dict[str, Any]:
    texts = [f"{number}.{turn} {WORDS * 6}"[:450] for turn in range(4)]
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[turn % 2], "content": text} for turn, text in enumerate(texts)]}


class Screen:
    """The screen of a reviewer, which asks the whole application."""

    def __init__(self, name: str, queue: Any) -> None:
        from django.test import Client

        from webapp.accounts.models import User

        self.queue, self.tab = queue, str(uuid4())
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(User.objects.create_user(username=name, role="reviewer"))
        self.items: list[dict[str, Any]] = []

    def post(self, address: str, body: object) -> Any:
        response = self.client.post(
            address, json.dumps(body), content_type="application/json", headers={"accept": "application/json"}
        )
        assert response.status_code == 200, response.content
        return response.json()

    def ask(self, want: int) -> Any:
        have = [item["id"] for item in self.items]
        answer = self.post(f"/review/{self.queue.pk}/items", {"tab": self.tab, "have": have, "want": want})
        self.items += answer["items"]
        assert len(self.items) == want
        return answer

    def decide(self, count: int) -> Callable[[], object]:
        entries = [self._decision(self.items.pop(0)) for _ in range(count)]
        return lambda: self._sync(entries)

    def _decision(self, item: dict[str, Any]) -> dict[str, Any]:
        said = {name: item[name] for name in ("conversation", "version", "seen_flag")} | {"item": item["id"]}
        made = {"id": str(uuid4()), "group": str(uuid4()), "tab": self.tab, "kind": "decide", "status": "approved"}
        return said | made | {"seconds": 2.0}

    def _sync(self, entries: list[dict[str, Any]]) -> None:
        results = self.post("/review/sync", {"entries": entries})["results"]
        assert {result["state"] for result in results} == {"done"}

    def drop(self) -> None:
        """Reload the page."""
        self.client.post(f"/review/{self.queue.pk}/leave", {"tab": self.tab})
        self.items = []


def _calls(alone: Any, shared: Any) -> dict[str, Callable[[], Callable[[], object]]]:
    """For each request what prepares it and gives it."""
    for number in range(OTHERS):
        for queue in (alone, shared):
            Screen(f"other {number} {queue.pk}", queue).ask(HELD)
    one, two = Screen("one", alone), Screen("two", shared)

    def fresh(screen: Screen) -> Callable[[], object]:
        screen.drop()
        return lambda: screen.ask(5)

    def one_more(screen: Screen) -> Callable[[], object]:
        screen.ask(6)
        screen.decide(1)()
        return lambda: screen.ask(6)

    def decision(screen: Screen, count: int = 1) -> Callable[[], object]:
        screen.drop()
        while len(screen.items) < count:
            screen.ask(min(count, len(screen.items) + 20))
        return screen.decide(count)

    return {
        "sync: one decision": lambda: decision(one),
        "sync: 20 decisions": lambda: decision(one, 20),
        "sync: one verdict of two": lambda: decision(two),
        "items: five new ones": lambda: fresh(one),
        "items: one more, five kept": lambda: one_more(one),
        "items: five new ones, two reviewers each": lambda: fresh(two),
    }


def _median_ms(prepare: Callable[[], Callable[[], object]]) -> tuple[float, float]:
    """Of the clock, and of the processor."""
    prepare()()
    times = [_timed(prepare()) for _ in range(TIMES)]
    return statistics.median(wall for wall, _ in times), statistics.median(own for _, own in times)


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    wall, own = time.perf_counter(), time.process_time()
    call()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - own) * 1000


if __name__ == "__main__":
    main()
