"""Which walk suits a filter. Sizes come from the counts that are kept, or from a look at the first few rows."""

from collections.abc import Iterable, Iterator
from itertools import product

from django.db.models import Q

from webapp.accounts.models import User
from webapp.conversations.filters import ANY, BIGGEST_NUMBER, LATER_PARTS, NONE, ConversationFilter
from webapp.conversations.models import LONG, SHORT, Flag, FlagReason, Source
from webapp.conversations.walking import Known, Range, Scan, Search, Sieve, Stream, Streams, Walk

#: Up to so many rows of an index are rather looked at one by one than looked for in a scan.
SMALL = 2_000
#: So many streams can be merged: two dozen sources in all statuses.
STREAMS_LIMIT = 100

# Parts of a filter that stand in the index `conversation_scan`; a flag only without its reason.
SCANNED = {
    "source", "status", "turns_min", "turns_max", "chars_min", "chars_max", "system", "tools", "edited", "issue",
}  # fmt: skip
EVERYTHING = Stream("")
FLAGGED, WITH_ISSUE = "open_flags > 0", "NOT (issues = '')"


def live_part(wanted: ConversationFilter) -> ConversationFilter | None:
    """The same filter with the live sources spelled out, where a source is in the trash. None: nothing can match."""
    trashed = set(Source.objects.exclude(deleted_at=None).values_list("pk", flat=True))
    if not trashed:
        return wanted
    chosen = wanted.source or Source.objects.live().order_by("pk").values_list("pk", flat=True)
    sources = tuple(number for number in chosen if number not in trashed)
    return wanted.with_sources(sources) if sources else None


def walk_of(live: ConversationFilter | None) -> Walk:
    """The walk over the conversations of a filter that `live_part` gave."""
    if live is None:
        return Known([])
    offers = list(_offers(live))
    asked = {name for name, _ in live.parts()}
    for names, walk in offers:
        if names == asked:
            return walk
    for names, walk in offers:
        if few := _few(walk):
            return _sieve(live, names, few)
    for names, found_range in _ranges(live):
        ids = found_range.ids(SMALL + 1)
        if len(ids) <= SMALL:
            return _sieve(live, names, Known(sorted(ids)))
    scanned = asked & SCANNED | ({"flag"} if live.flag in {ANY, NONE} else set())
    scan = Scan(_conditions(live, scanned), *id_range(live))
    if asked <= scanned:
        return scan
    if few := _few(scan):
        return _sieve(live, scanned, few)
    return _sieve(live, *offers[0])


def _sieve(wanted: ConversationFilter, answered: set[str], walk: Walk) -> Walk:
    left = {name for name, _ in wanted.parts()} - answered
    if not left:
        return walk
    return Sieve(walk, _conditions(wanted, left - {"q"}), wanted.q if "q" in left else "")


def _conditions(wanted: ConversationFilter, names: Iterable[str]) -> Q:
    every = wanted.without(*(name for name, _ in wanted.parts() if name not in set(names))).conditions()
    condition = Q()
    for one in every.values():
        condition &= one
    return condition


def _few(walk: Walk) -> Known | None:
    """All ids of a walk, where they are few."""
    found = walk.find(None, SMALL + 1)
    return Known(found.ids) if found.stopped is None and len(found.ids) <= SMALL else None


def id_range(wanted: ConversationFilter) -> tuple[int, int]:
    """The lowest and the highest id among the sources of a filter; each is a step in an index."""
    streams = Streams(tuple(_source_streams(wanted) if wanted.source else [EVERYTHING]))
    low, high = streams.find(None, 1).ids, streams.find(None, 1, falling=True).ids
    return (low[0], high[0]) if low else (1, 0)


def _offers(wanted: ConversationFilter) -> Iterator[tuple[set[str], Walk]]:
    """What the indexes can answer: sets of parts, with their walks; the narrowest come first."""
    if wanted.q:
        yield {"q"}, Search(wanted.q, *id_range(wanted))
    for names, streams in _stream_offers(wanted):
        if len(streams) <= STREAMS_LIMIT:
            yield names, Streams(tuple(streams))


def _stream_offers(wanted: ConversationFilter) -> Iterator[tuple[set[str], list[Stream]]]:
    for name, part in LATER_PARTS.items():
        if value := getattr(wanted, name):
            yield {name}, list(part.streams(value))
    if wanted.flag not in {"", ANY, NONE}:
        yield from _reason_streams(wanted)
    if wanted.subject:
        yield {"subject"}, [Stream("conversation_subject", (("subject", wanted.subject),), "NOT (subject = '')")]
    if wanted.reviewer:
        number = User.objects.filter(username=wanted.reviewer).values_list("pk", flat=True).first() or 0
        yield {"reviewer"}, [Stream("conversation_reviewer", (("reviewer_id", number),), "reviewer_id IS NOT NULL")]
    for name, column in (("edited", "edited"), ("system", "has_system"), ("tools", "has_tools")):
        if getattr(wanted, name):
            yield {name}, [Stream(f"conversation_{name}", where=column)]
    if wanted.issue not in {"", NONE}:
        yield {"issue"} if wanted.issue == ANY else set(), [Stream("conversation_issue", where=WITH_ISSUE)]
    if wanted.flag == ANY:
        yield from _flagged_streams(wanted)
    yield from _plain_streams(wanted)


def _ranges(wanted: ConversationFilter) -> Iterator[tuple[set[str], Range]]:
    """Indexes that find the few longest and shortest conversations."""
    low, high = wanted.turns_min or 0, BIGGEST_NUMBER if wanted.turns_max is None else wanted.turns_max
    if (low, high) != (0, BIGGEST_NUMBER):
        yield {"turns_min", "turns_max"}, Range("conversation_turns", "turns", low, high)
    low, high = wanted.chars_min or 0, BIGGEST_NUMBER if wanted.chars_max is None else wanted.chars_max
    if low >= LONG:
        yield {"chars_min", "chars_max"}, Range("conversation_long", "characters", low, high, f"characters >= {LONG}")
    elif high < SHORT:
        yield {"chars_min", "chars_max"}, Range("conversation_short", "characters", low, high, f"characters < {SHORT}")


def _reason_streams(wanted: ConversationFilter) -> Iterator[tuple[set[str], list[Stream]]]:
    reason = FlagReason.objects.filter(slug=wanted.flag).values_list("pk", flat=True).first() or 0
    table, column = Flag._meta.db_table, "conversation_id"

    def stream(index: str, *more: tuple[str, int]) -> Stream:
        keys = (("reason_id", reason), *more)
        # A conversation can have several open flags with one reason.
        return Stream(index, keys, "resolved_at IS NULL", table=table, column=column, distinct=True)

    if wanted.source:
        yield {"flag", "source"}, [stream("flag_source", ("source_id", one)) for one in wanted.source]
    if wanted.status:
        yield {"flag", "status"}, [stream("flag_status", ("status", one)) for one in wanted.statuses()]
    yield {"flag"}, [stream("flag_open")]


def _flagged_streams(wanted: ConversationFilter) -> Iterator[tuple[set[str], list[Stream]]]:
    if wanted.source:
        index, keys = "conversation_source_flagged", [(("source_id", one),) for one in wanted.source]
        yield {"flag", "source"}, [Stream(index, key, FLAGGED) for key in keys]
    if wanted.status:
        index, keys = "conversation_status_flagged", [(("status", int(one)),) for one in wanted.statuses()]
        yield {"flag", "status"}, [Stream(index, key, FLAGGED) for key in keys]
    yield {"flag"}, [Stream("conversation_flagged", where=FLAGGED)]


def _plain_streams(wanted: ConversationFilter) -> Iterator[tuple[set[str], list[Stream]]]:
    if wanted.source and wanted.status:
        pairs = product(wanted.source, wanted.statuses())
        keys = [(("source_id", source), ("status", int(status))) for source, status in pairs]
        yield {"source", "status"}, [Stream("conversation_source_status", key) for key in keys]
    if wanted.source:
        yield {"source"}, _source_streams(wanted)
    if wanted.status:
        keys_of_status = [(("status", int(status)),) for status in wanted.statuses()]
        yield {"status"}, [Stream("conversation_status", key) for key in keys_of_status]
    yield set(), [EVERYTHING]


def _source_streams(wanted: ConversationFilter) -> list[Stream]:
    return [Stream("conversation_source", (("source_id", one),)) for one in wanted.source]
