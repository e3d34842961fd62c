"""The search index: which words of a conversation it holds, and how its rows follow the texts.

One row for each conversation, in a table of its own (see migration 0003). `Source.indexed_through` says how far the
job has come: it is moved in the transaction of the rows. What is edited later is replaced in the edit's transaction.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from django.db import connection
from django.db.models import F

from webapp.conversations.models import Conversation, ConversationText, Source
from webapp.conversations.search_text import words

#: How much of a conversation is indexed: PostgreSQL counts places up to 16,383 and takes 1 MB in all.
CHARACTERS_LIMIT = 100_000
WORDS_LIMIT = 16_000
#: Stands between two turns or parts, so that no phrase goes over the border. It is no word, so nobody can search it.
BORDER = "¶"
# PostgreSQL keeps this many places of one word.
PLACES_LIMIT = 255
END = 2**63 - 1
BATCH_ROWS = 1_000
BATCH_CHARACTERS = 4_000_000


class _Part(msgspec.Struct):
    text: str


class _Message(msgspec.Struct):
    content: str | list[_Part]


_decoder = msgspec.json.Decoder(list[_Message])


class Batch(NamedTuple):
    """Texts that come next: (id, version, messages) by id."""

    rows: list[tuple[int, int, str]]

    @property
    def last(self) -> int:
        return self.rows[-1][0]


def words_of(messages: str, known: dict[str, str] | None = None) -> str:
    """The indexed words of a conversation's stored text, turn after turn, with BORDER between them.

    `known` keeps the words of each text, for another version of the conversation that has most of them too.
    """
    known = {} if known is None else known
    contents = (message.content for message in _decoder.decode(messages))
    texts = [part for content in contents for part in ([content] if isinstance(content, str) else _texts(content))]
    found: list[str] = []
    room = CHARACTERS_LIMIT
    for text in texts:
        cut = text[:room]
        if cut not in known:
            known[cut] = words(cut)
        found.append(known[cut][:room])
        room -= len(found[-1])
        if room <= 0:
            break
    joined = f" {BORDER} ".join(found)
    return joined if joined.count(" ") < WORDS_LIMIT else " ".join(joined.split(" ")[:WORDS_LIMIT])


def _texts(parts: list[_Part]) -> list[str]:
    return [part.text for part in parts]


def tsvector(text: str) -> str:
    """Words as PostgreSQL reads a tsvector: each with its places."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(text.split(), 1):
        places.setdefault(word, []).append(place)
    places.pop(BORDER, None)
    return " ".join(f"'{word}':{','.join(map(str, at[:PLACES_LIMIT]))}" for word, at in places.items())


def next_batch(source_id: int, after: int) -> Batch:
    """The texts of a source that come after an id; empty at the end."""
    texts = ConversationText.objects.filter(conversation__source_id=source_id, conversation_id__gt=after)
    found = texts.order_by("conversation_id").values_list("conversation_id", "conversation__version", "messages")
    rows: list[tuple[int, int, str]] = []
    size = 0
    for row in found[:BATCH_ROWS].iterator(chunk_size=50):
        rows.append(row)
        size += len(row[2])
        if size > BATCH_CHARACTERS:
            break
    return Batch(rows)


def prepare(batch: Batch) -> dict[int, tuple[int, str]]:
    """The slow part, outside of any transaction: version and words by id."""
    return {number: (version, words_of(messages)) for number, version, messages in batch.rows}


def store(source_id: int, after: int, batch: Batch, prepared: dict[int, tuple[int, str]]) -> bool:
    """Write a batch in the caller's transaction; False when another job has been here first.

    What was edited or deleted since `prepare` is read again.
    """
    moved = Source.objects.filter(pk=source_id, indexed_through=after).update(indexed_through=batch.last)
    if not moved:
        return False
    between = Conversation.objects.filter(source_id=source_id, pk__gt=after, pk__lte=batch.last)
    versions = dict(between.values_list("pk", "version"))
    fresh = {number: text for number, (version, text) in prepared.items() if versions.get(number) == version}
    changed = ConversationText.objects.filter(pk__in=[number for number in versions if number not in fresh])
    fresh |= {text.pk: words_of(text.messages) for text in changed}
    insert(sorted(fresh.items()))
    return True


def refresh_statistics(*tables: str) -> None:
    """Tell PostgreSQL's planner about many new rows at once; by itself it would look within a minute or so."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(tables)}")


def reached(source_id: int) -> int:
    """Up to which id a source is indexed; of a source that is gone: the end."""
    through = Source.objects.filter(pk=source_id).values_list("indexed_through", flat=True).first()
    return END if through is None else through


def insert(rows: Sequence[tuple[int, str]]) -> None:
    """Add rows of (conversation id, words). On PostgreSQL an edit may have been faster: then its row stays."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO conversations_search (conversation_id, document)"
                " SELECT id, document::tsvector FROM unnest(%s::bigint[], %s::text[]) AS found (id, document)"
                " ON CONFLICT DO NOTHING",
                [[number for number, _ in rows], [tsvector(text) for _, text in rows]],
            )
        else:
            cursor.executemany("INSERT INTO conversations_search (rowid, words) VALUES (%s, %s)", rows)


def texts_changed(changes: Sequence[tuple[int, str, str]]) -> None:
    """Follow edits (id, stored text before, after), in their transaction.

    What the job has not reached yet, it will read as it is then.
    """
    if connection.vendor == "postgresql":
        # Always, because a job that is writing these rows right now cannot be seen from here.
        _upsert([(number, tsvector(words_of(new))) for number, _, new in changes])
        return
    indexed = _indexed_among([number for number, _, _ in changes])
    moved = [(number, *_words_of_both(old, new)) for number, old, new in changes if number in indexed]
    moved = [change for change in moved if change[1] != change[2]]
    if moved:
        _delete_sqlite([(number, old) for number, old, _ in moved])
        insert([(number, new) for number, _, new in moved])


def _words_of_both(old: str, new: str) -> tuple[str, str]:
    known: dict[str, str] = {}
    return words_of(old, known), words_of(new, known)


def _upsert(documents: Sequence[tuple[int, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_search (conversation_id, document)"
            " SELECT id, document::tsvector FROM unnest(%s::bigint[], %s::text[]) AS found (id, document)"
            " ON CONFLICT (conversation_id) DO UPDATE SET document = excluded.document",
            [[number for number, _ in documents], [document for _, document in documents]],
        )


def _indexed_among(numbers: Sequence[int]) -> set[int]:
    rows = Conversation.objects.filter(pk__in=numbers, pk__lte=F("source__indexed_through"))
    return set(rows.values_list("pk", flat=True))


def forget(source: Source, conversation_ids: Sequence[int]) -> None:
    """Take conversations out of the index, in the transaction that deletes them and before their texts are gone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM conversations_search WHERE conversation_id = ANY(%s)", [list(conversation_ids)])
        return
    indexed = [number for number in conversation_ids if number <= source.indexed_through]
    for start in range(0, len(indexed), BATCH_ROWS):
        texts = ConversationText.objects.filter(pk__in=indexed[start : start + BATCH_ROWS])
        _delete_sqlite([(number, words_of(messages)) for number, messages in texts.values_list("pk", "messages")])


def _delete_sqlite(rows: Sequence[tuple[int, str]]) -> None:
    """FTS5 without contents has to be told the words that it held."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO conversations_search (conversations_search, rowid, words) VALUES ('delete', %s, %s)", rows
        )
