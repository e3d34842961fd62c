"""The search index: which words of a conversation it holds, and how its rows follow the texts.

One row for each conversation, in a table of its own (see migration 0003). `Source.indexed_through` says how far the
job has come: it is moved in the transaction of the rows. What is edited later is replaced in the edit's transaction.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from django.db import connection

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


def words_of(messages: str) -> str:
    """The indexed words of a conversation's stored text, turn after turn, with BORDER between them."""
    contents = (message.content for message in _decoder.decode(messages))
    texts = [part for content in contents for part in ([content] if isinstance(content, str) else _texts(content))]
    found: list[str] = []
    room = CHARACTERS_LIMIT
    for text in texts:
        found.append(words(text[:room])[:room])
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


def text_changed(conversation_id: int, old: str, new: str) -> None:
    """Follow an edit, in its transaction. What the job has not reached yet, it will read as it is then."""
    if connection.vendor == "postgresql":
        # Always, because a job that is writing this row right now cannot be seen from here.
        _upsert(conversation_id, tsvector(words_of(new)))
    elif _is_indexed(conversation_id):
        _delete_sqlite([(conversation_id, words_of(old))])
        insert([(conversation_id, words_of(new))])


def _upsert(conversation_id: int, document: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_search (conversation_id, document) VALUES (%s, %s::tsvector)"
            " ON CONFLICT (conversation_id) DO UPDATE SET document = excluded.document",
            [conversation_id, document],
        )


def _is_indexed(conversation_id: int) -> bool:
    through = Conversation.objects.filter(pk=conversation_id).values_list("source__indexed_through", flat=True).first()
    return through is not None and conversation_id <= through


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
