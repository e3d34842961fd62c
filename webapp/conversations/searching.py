"""Text search: what may be asked, and which conversations answer it. The index itself is kept by `indexing`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from webapp.common.errors import BadRequest
from webapp.conversations.planning import bitmaps_only
from webapp.conversations.search_text import words

#: Longest query, in characters and in words.
QUERY_LIMIT = 1_000
WORDS_LIMIT = 50
#: A prefix needs this many characters: a shorter one stands for too many words.
PREFIX_LEAST = 2

TABLE = "conversations_search"
_TERM = re.compile(r'(?P<minus>(?<!\S)-(?=[\w"]))?(?:"(?P<phrase>[^"]*)(?:"|$)(?P<star>\*?)|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Term:
    """Words that stand next to each other; the last one may be the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """A conversation matches when it holds every term of `wanted` and none of `unwanted`."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()


def parse(text: str) -> SearchQuery:
    """Read what somebody typed: words, "phrases", begin*, -without. A missing closing quote is added at the end.

    What is written together (foo.bar, snake_case, 3.14) is a phrase of its words. Raises BadRequest.
    """
    if len(text) > QUERY_LIMIT:
        raise BadRequest(f"The search is longer than {QUERY_LIMIT:,} characters. Shorten it.")
    found: dict[str, list[Term]] = {"": [], "-": []}
    for match in _TERM.finditer(text):
        term = _term(match)
        if term.words:
            found[match["minus"] or ""].append(term)
    query = SearchQuery(tuple(found[""]), tuple(found["-"]))
    _check(query)
    return query


def _term(match: re.Match[str]) -> Term:
    written = match["word"] if match["phrase"] is None else match["phrase"] + match["star"]
    found = tuple(words(written).split())
    return Term(found, prefix=written.endswith("*"))


def _check(query: SearchQuery) -> None:
    terms = (*query.wanted, *query.unwanted)
    if not query.wanted:
        reason = "only says what to leave out" if terms else "has no letter or digit in it"
        raise BadRequest(f"The search {reason}. Add a word to look for.")
    if sum(len(term.words) for term in terms) > WORDS_LIMIT:
        raise BadRequest(f"The search has more than {WORDS_LIMIT} words. Use fewer.")
    if any(term.prefix and len(term.words[-1]) < PREFIX_LEAST for term in terms):
        raise BadRequest(f"Write at least {PREFIX_LEAST} letters before a *.")


def match_text(query: SearchQuery) -> str:
    """The query in the database's own language. Every word is quoted, so none can be an operator."""
    if connection.vendor == "postgresql":
        parts = [_postgres(term) for term in query.wanted] + ["!" + _postgres(term) for term in query.unwanted]
        return " & ".join(parts)
    text = " AND ".join(_sqlite(term) for term in query.wanted)
    return "".join([f"({text})"] + [f" NOT {_sqlite(term)}" for term in query.unwanted])


def _postgres(term: Term) -> str:
    quoted = [f"'{word}'" for word in term.words]
    if term.prefix:
        quoted[-1] += ":*"
    return f"({' <-> '.join(quoted)})"


def _sqlite(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + ("*" if term.prefix else "")


def match_sql() -> tuple[str, str]:
    """The id column of the index table, and its condition, which takes one parameter: `match_text`."""
    if connection.vendor == "postgresql":
        return "conversation_id", "document @@ %s::tsquery"
    return "rowid", f"{TABLE} MATCH %s"


def matching(text: str) -> Q:
    """Conversations whose text answers a search; to be used in a queryset of conversations."""
    column, condition = match_sql()
    found: Any = RawSQL(f"SELECT {column} FROM {TABLE} WHERE {condition}", [match_text(parse(text))])  # noqa: S608, S611
    return Q(pk__in=found)


def search_among(ids: Sequence[int], text: str) -> list[int]:
    """Which of some conversations answer a search: much less work than `matching` where many others do."""
    if not ids:
        return []
    column, condition = match_sql()
    places = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {TABLE} WHERE {condition} AND {column} IN ({places})",  # noqa: S608
            [match_text(parse(text)), *ids],
        )
        return [row[0] for row in cursor.fetchall()]


def search_between(text: str, low: int, high: int, limit: int, *, falling: bool) -> list[int]:
    """Up to `limit` conversations from id `low` to `high` that answer a search, in the order of their ids."""
    column, condition = match_sql()
    order = "DESC" if falling else "ASC"
    with bitmaps_only(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {TABLE} WHERE {condition}"  # noqa: S608
            f" AND {column} >= %s AND {column} <= %s ORDER BY {column} {order} LIMIT %s",
            [match_text(parse(text)), low, high, limit],
        )
        return [row[0] for row in cursor.fetchall()]
