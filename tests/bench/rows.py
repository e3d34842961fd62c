"""Conversations for benchmarks of lists: many rows of every kind, without texts, with the counts that are kept."""

import random
from collections.abc import Callable

from django.db import connection, transaction

from webapp.common.rows import insert_rows, reserve_ids
from webapp.conversations.models import Conversation, Source, Status
from webapp.conversations.storing import CONVERSATION_FIELDS

#: Sources by their share; the small ones stand at the end, where a careless plan looks last.
SHARES = {"big": 0.6, "decided": 0.2, "middle": 0.1, "late": 0.09, "small": 0.01}
BATCH = 10_000
PREVIEW = "What would you say about number {} of a long list of questions, all of about this length, if somebody asked?"
#: Flags: reason, and which conversations have one.
FLAGS = {
    "unsafe": "c.id % 10 = 0 AND c.id < {half}",
    "other": "c.id > {last} - 1000",
    "truncated": "c.id % 5000 = 7",
}
TALLIES = """
INSERT INTO conversations_tally (source_id, status, total, flagged, with_issue, edited)
SELECT source_id, status, count(*), sum(CASE WHEN open_flags > 0 THEN 1 ELSE 0 END),
       sum(CASE WHEN issues <> '' THEN 1 ELSE 0 END), sum(CASE WHEN edited THEN 1 ELSE 0 END)
FROM conversations_conversation GROUP BY source_id, status;
INSERT INTO conversations_flagtally (source_id, reason_id, total)
SELECT source_id, reason_id, count(*) FROM conversations_flag GROUP BY source_id, reason_id;
INSERT INTO conversations_subjecttally (source_id, subject, total)
SELECT source_id, subject, count(*) FROM conversations_conversation WHERE subject <> '' GROUP BY source_id, subject
"""


def fill(count: int) -> dict[str, int]:
    """Store `count` conversations; gives the numbers of the sources by name."""
    sources = {name: Source.objects.create(name=name, kind="upload", state=Source.State.READY) for name in SHARES}
    chance = random.Random(1)
    for name, share in SHARES.items():
        rows = int(count * share)
        for start in range(0, rows, BATCH):
            _store(sources[name], range(start, min(start + BATCH, rows)), chance)
    _flag(count)
    with connection.cursor() as cursor:
        for statement in TALLIES.split(";"):
            cursor.execute(statement)
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    return {name: source.pk for name, source in sources.items()}


def _store(source: Source, places: range, chance: random.Random) -> None:
    status = _statuses(source.name, chance)
    with transaction.atomic():
        ids = reserve_ids(Conversation, len(places))
        rows = [
            (
                number, source.pk, place, status(place), 1,
                40 if place % 5_000 == 0 else chance.choice((2, 2, 2, 4, 8)),
                int(chance.lognormvariate(6.5, 1)), source.name == "decided", place % 40 == 0,
                place % 333 == 0, 0, ",tool_turn," if place % 777 == 0 else "", True,
                "law" if source.name == "late" and place % 20 == 0 else "", PREVIEW.format(place), b"%16d" % place,
                b"%32d" % place,
            )
            for place, number in zip(places, ids, strict=True)
        ]  # fmt: skip
        insert_rows(Conversation, CONVERSATION_FIELDS, rows)


def _statuses(source: str, chance: random.Random) -> Callable[[int], int]:
    """Most are unreviewed; one source is decided."""
    if source == "decided":
        return lambda place: Status.APPROVED.value if place % 3 else Status.REJECTED.value
    return lambda place: chance.choice(Status.values) if place % 50 == 0 else Status.UNREVIEWED.value


def _flag(count: int) -> None:
    table, flags = "conversations_conversation", "conversations_flag"
    with transaction.atomic(), connection.cursor() as cursor:
        for slug, condition in FLAGS.items():
            where = condition.format(half=count // 2, last=count)
            cursor.execute(
                f"INSERT INTO {flags} (conversation_id, source_id, status, reason_id, note, created_at)"
                f" SELECT c.id, c.source_id, c.status, r.id, '', CURRENT_TIMESTAMP FROM {table} c,"
                f" conversations_flagreason r WHERE r.slug = '{slug}' AND {where}"
            )
        cursor.execute(f"UPDATE {table} SET open_flags = 1 WHERE id IN (SELECT conversation_id FROM {flags})")
