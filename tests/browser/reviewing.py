"""A queue on the stand, its screen as somebody uses it, and what the database holds afterwards."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.stand import Stand
from tests.servers import wait_until

Messages = list[dict[str, Any]]

#: Makes a queue of given conversations; prints its id. The texts come in a file.
_MAKE_QUEUE = """
import json, pathlib
from tests.factories import make_conversation, make_source
from webapp.review.models import Queue, QueueItem
texts = json.loads(pathlib.Path({path!r}).read_text())
source = make_source({name!r})
made = [make_conversation(source, messages) for messages in texts]
queue = Queue.objects.create(name={name!r}, overlap={overlap}, total=len(made))
QueueItem.objects.bulk_create(QueueItem(queue=queue, conversation=one, rank=n) for n, one in enumerate(made))
print(queue.pk)
"""

STATUSES = {0: "unreviewed", 1: "approved", 2: "rejected", 3: "skipped"}


def sums(count: int) -> list[Messages]:
    """Conversations that are told apart by their numbers."""
    return [
        [{"role": "user", "content": f"What is {n} + 1?"}, {"role": "assistant", "content": f"It is {n + 1}."}]
        for n in range(1, count + 1)
    ]


def make_queue(stand: Stand, name: str, texts: Sequence[Messages], *, overlap: int = 1) -> int:
    """A queue of new conversations; its id."""
    path = stand.folder / f"{name}.json"
    path.write_text(json.dumps(texts))
    script = _MAKE_QUEUE.format(path=str(path), name=name, overlap=overlap)
    return int(stand.manage("shell", "-v", "0", "-c", script).split()[-1])


class Records:
    """What the database holds of a queue."""

    def __init__(self, stand: Stand, queue: int) -> None:
        self.path = stand.folder / "data" / "winnow.sqlite3"
        self.queue = queue

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read; the file is opened anew, so that nothing is held."""
        reader = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            return reader.execute(query, values).fetchall()
        finally:
            reader.close()

    def statuses(self) -> list[str]:
        """The status of each conversation, in the order of the queue."""
        query = """SELECT c.status FROM review_queueitem i JOIN conversations_conversation c
                   ON c.id = i.conversation_id WHERE i.queue_id = ? ORDER BY i.rank, i.id"""
        return [STATUSES[status] for (status,) in self.rows(query, self.queue)]

    def verdicts(self) -> list[tuple[int, str, str]]:
        """Each standing verdict: the place of its item, the status, who said so."""
        query = """SELECT i.rank, v.status, u.username FROM review_verdict v JOIN review_queueitem i ON i.id = v.item_id
                   JOIN accounts_user u ON u.id = v.reviewer_id
                   WHERE v.queue_id = ? AND v.withdrawn_at IS NULL ORDER BY i.rank, u.username"""
        return [(rank, STATUSES[status], name) for rank, status, name in self.rows(query, self.queue)]

    def decisions(self) -> Counter[int]:
        """How many decisions each conversation of the queue has, by its place; without those that have none."""
        query = """SELECT i.rank, count(d.id) FROM review_queueitem i JOIN conversations_decision d
                   ON d.conversation_id = i.conversation_id WHERE i.queue_id = ? GROUP BY i.rank"""
        return Counter(dict(self.rows(query, self.queue)))

    def flags(self) -> list[tuple[int, str, int | None]]:
        """The open flags: the place of the item, the reason, the turn."""
        query = """SELECT i.rank, r.slug, f.turn FROM conversations_flag f JOIN conversations_flagreason r
                   ON r.id = f.reason_id JOIN review_queueitem i ON i.conversation_id = f.conversation_id
                   WHERE i.queue_id = ? AND f.resolved_at IS NULL ORDER BY i.rank, f.id"""
        return self.rows(query, self.queue)

    def wait_for(self, count: int, *, seconds: float = 60) -> None:
        """Until so many verdicts have arrived."""
        wait_until(lambda: len(self.verdicts()) >= count, seconds=seconds, what=f"{count} verdicts")


class Screen:
    """The review screen in a tab."""

    def __init__(self, page: Page, queue: int) -> None:
        self.page = page
        self.queue = queue

    def open(self) -> "Screen":
        self.page.goto(f"/review/{self.queue}/")
        return self.ready()

    def ready(self) -> "Screen":
        """Until an item is on the screen and keys act."""
        expect(self.page.locator("#review-screen[data-ready=yes]:not([data-swapping])")).to_be_visible()
        self.settle()
        return self

    @property
    def item(self) -> Locator:
        return self.page.locator(".review-item:not([hidden])")

    @property
    def said(self) -> Locator:
        return self.page.locator("#review-said")

    @property
    def saved(self) -> Locator:
        return self.page.locator("[data-saved=always]")

    def shows(self, text: str) -> None:
        """The item on the screen holds this text."""
        expect(self.item).to_contain_text(text)

    def press(self, *keys: str) -> None:
        """Press keys, each when the screen stands still."""
        for key in keys:
            self.settle()
            self.page.keyboard.press(key)
        self.settle()

    def settle(self) -> None:
        """Until what is to be shown has been painted: before that, keys do nothing."""
        expect(self.page.locator("#review-screen[data-swapping]")).to_have_count(0)
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.page.evaluate("() => new Promise((done) => setTimeout(done))")

    def decide(self, key: str) -> None:
        """Press a key of a decision and see another item (or the end) come."""
        before = self.shown
        self.press(key)
        self.page.wait_for_function(
            "(before) => document.getElementById('review-screen').dataset.item !== before", arg=before
        )

    @property
    def shown(self) -> str:
        """The id of the item on the screen, "" at the end."""
        return self.page.locator("#review-screen").get_attribute("data-item") or ""

    def wait_ahead(self) -> None:
        """Until the next five are in the page."""
        expect(self.page.locator(".review-list li:has([aria-current]) ~ li")).to_have_count(5)

    def wait_saved(self) -> None:
        """Until nothing waits; what another test has left to be settled is none of this one's."""
        expect(self.saved).to_have_text(re.compile(r"^(all saved ✓|\d+ needs? you)$"))
