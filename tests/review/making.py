"""Queues with items for tests, and what a review screen sends."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from tests.factories import make_conversation, make_source
from webapp.accounts.models import User
from webapp.conversations.models import Conversation, Source
from webapp.review.models import Queue, QueueItem

Entry = dict[str, Any]


def make_queue(name: str = "first look", **fields: Any) -> Queue:
    return Queue.objects.create(name=name, **fields)


def make_items(queue: Queue, count: int = 1, source: Source | None = None) -> list[QueueItem]:
    """New conversations as the last items of a queue."""
    source = source or make_source()
    return [add_item(queue, make_conversation(source)) for _ in range(count)]


def add_item(queue: Queue, conversation: Conversation, **fields: Any) -> QueueItem:
    item = QueueItem.objects.create(queue=queue, conversation=conversation, **fields)
    queue.total += 1
    queue.save(update_fields=["total"])
    return item


def new_tab() -> str:
    return str(uuid4())


def ask(client: Client, queue: Queue, tab: str, want: int = 6, have: Sequence[int] = (), **more: Any) -> dict[str, Any]:
    """What the server answers to a screen that asks for items."""
    body = {"tab": tab, "want": want, "have": list(have), **more}
    response = post(client, reverse("review:items", args=[queue.pk]), body)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def post(client: Client, address: str, body: object) -> Any:
    accept = {"accept": "application/json"}
    return client.post(address, json.dumps(body), content_type="application/json", headers=accept)


def entry(kind: str, on: QueueItem | Conversation | None = None, **more: Any) -> Entry:
    """An entry as the screen makes it; on an item, or on a conversation alone."""
    about = on.conversation if isinstance(on, QueueItem) else on
    made: Entry = {
        "id": str(uuid4()),
        "group": str(uuid4()),
        "kind": kind,
        "tab": "",
        "item": on.pk if isinstance(on, QueueItem) else None,
        "conversation": about.pk if about else None,
        "version": about.version if about else None,
        "after": None,
        "seen_flag": 0,
        "made_at": 1_790_000_000_000,
        "seconds": 2.5,
    }
    return made | more


def decision(item: QueueItem, status: str = "approved", **more: Any) -> Entry:
    return entry("decide", item, status=status, **more)


def undo_of(made: Entry, **more: Any) -> Entry:
    """The entry that takes another one back."""
    same = {name: made[name] for name in ("item", "conversation", "version", "tab")}
    return entry("undo", **(same | {"target": made["group"]} | more))


def send(client: Client, *entries: Any) -> list[dict[str, Any]]:
    """The results of a batch."""
    response = post(client, reverse("review:sync"), {"entries": list(entries)})
    assert response.status_code == 200, response.content
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
