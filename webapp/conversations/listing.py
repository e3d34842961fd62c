"""One page of the list of conversations: by keyset, with a count, and with a stop where looking would take long."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from django.http import QueryDict

from webapp.common.errors import BadRequest
from webapp.conversations.choosing import id_range, live_part, walk_of
from webapp.conversations.counting import COUNT_LIMIT, Count, kept_count
from webapp.conversations.filters import BIGGEST_ID, ConversationFilter
from webapp.conversations.models import Conversation
from webapp.conversations.walking import Found, Known, Walk

OLDEST, NEWEST = "oldest", "newest"
PAGE_ROWS = 50
PAGE_ROWS_MOST = 200


@dataclass(frozen=True)
class Place:
    """Where in a list: behind or before a conversation's id in the list's order, or on its last page."""

    order: str = OLDEST
    after: int | None = None
    before: int | None = None
    page: str = ""
    limit: int = PAGE_ROWS

    @classmethod
    def from_query(cls, query: QueryDict | Mapping[str, Any]) -> Self:
        """Read the names of PLACE_NAMES; raises BadRequest for values that are not known. `limit` is capped."""
        place = cls(
            order=_word(query, "order", (OLDEST, NEWEST)) or OLDEST,
            after=_id(query, "after"),
            before=_id(query, "before"),
            page=_word(query, "page", ("last",)),
            limit=max(1, min(_id(query, "limit") or PAGE_ROWS, PAGE_ROWS_MOST)),
        )
        if sum((place.after is not None, place.before is not None, bool(place.page))) > 1:
            raise BadRequest("Give only one of “after”, “before” and “page”.")
        return place

    @property
    def falling(self) -> bool:
        return self.order == NEWEST

    @property
    def is_start(self) -> bool:
        return self.after is None and not self.backwards

    @property
    def backwards(self) -> bool:
        """The page ends at a known place; where it begins has to be found."""
        return self.before is not None or self.page == "last"

    def order_part(self) -> dict[str, Any]:
        """For `ConversationFilter.to_query`: the order, where it is not the usual one."""
        return {} if self.order == OLDEST else {"order": self.order}

    def to_dict(self, **cursor: Any) -> dict[str, Any]:
        """For `ConversationFilter.to_query`: order and limit where they are not the usual ones, and a cursor."""
        return self.order_part() | ({} if self.limit == PAGE_ROWS else {"limit": self.limit}) | cursor

    def to_query_parts(self) -> dict[str, Any]:
        """For `ConversationFilter.to_query`: the whole place."""
        cursor = {"after": self.after, "before": self.before, "page": self.page}
        return self.to_dict(**{name: value for name, value in cursor.items() if value not in {None, ""}})


PLACE_NAMES = ("order", "after", "before", "page", "limit")


def _word(query: QueryDict | Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = str(query.get(name, ""))
    if value and value not in allowed:
        raise BadRequest(f"“{name}” cannot be “{value[:60]}”. Use one of: {', '.join(allowed)}.")
    return value


def _id(query: QueryDict | Mapping[str, Any], name: str) -> int | None:
    value = str(query.get(name, ""))
    if not value:
        return None
    if not (value.isascii() and value.isdecimal()):
        raise BadRequest(f"“{name}” must be a whole number, not “{value[:60]}”.")
    return min(int(value[:19]), BIGGEST_ID - 1)  # the next one has to be a number of the database too


@dataclass(frozen=True)
class Stop:
    """A page that is not full because looking stopped: how far it came, and the query that goes on from there."""

    looked: int
    total: int
    go_on: str


@dataclass(frozen=True)
class Page:
    """One page. The links are queries of the same list; empty where there is no such page."""

    wanted: ConversationFilter
    place: Place
    rows: list[Conversation]
    count: Count
    previous: str = ""
    next: str = ""
    stop: Stop | None = None

    @property
    def start(self) -> str:
        """The query of the first page."""
        return self.wanted.to_query(**self.place.to_dict())

    @property
    def end(self) -> str:
        """The query of the last page."""
        return self.wanted.to_query(**self.place.to_dict(page="last"))

    @property
    def other_order(self) -> str:
        """The query of the first page in the other order."""
        other = OLDEST if self.place.falling else NEWEST
        return self.wanted.to_query(**replace(self.place, order=other).to_dict())

    @property
    def is_without_match(self) -> bool:
        """All was looked through, and nothing fits."""
        return not self.rows and self.stop is None and not self.count.number and bool(self.wanted)


def conversation_page(wanted: ConversationFilter, place: Place) -> Page:
    """The rows at a place in the list of a filter, with links and a count."""
    live = live_part(wanted)
    walk = walk_of(live)
    count, head = _count(live, walk, place)
    if head and count.exact:
        walk = Known(sorted(head.ids))
    found = head if head and place.is_start else _find(walk, place)
    if place.before is not None and found.stopped is None and len(found.ids) <= place.limit:
        place = replace(place, before=None)  # the first page, filled up
        found = _find(walk, place)
    ids = found.ids[: place.limit]
    shown = ids[::-1] if place.backwards else ids
    earlier, later = _cursors(walk, place, shown, more=len(found.ids) > place.limit)
    page = Page(wanted, place, _rows(shown), count, _link(wanted, place, earlier), _link(wanted, place, later))
    if live is None or found.stopped is None or len(found.ids) > place.limit:
        return page
    return replace(page, stop=_stop(page, live, found.stopped))


def _count(live: ConversationFilter | None, walk: Walk, place: Place) -> tuple[Count, Found | None]:
    """The count; and where it had to be counted, the beginning of the list: all of it when the count is exact."""
    kept = kept_count(live)
    if kept is not None:
        return Count(kept), None
    head = walk.find(None, COUNT_LIMIT + 1, falling=place.falling)
    exact = len(head.ids) <= COUNT_LIMIT and head.stopped is None
    return Count(min(len(head.ids), COUNT_LIMIT), exact=exact), head


def _find(walk: Walk, place: Place) -> Found:
    """One row more than fits, so that it is known whether there are more."""
    start = place.before if place.backwards else place.after
    return walk.find(start, place.limit + 1, falling=place.falling != place.backwards)


def _cursors(walk: Walk, place: Place, shown: list[int], *, more: bool) -> tuple[dict[str, int], dict[str, int]]:
    """Of the page before and of the page behind; empty where there is none."""
    if not shown:
        return {}, {}
    if place.backwards:
        earlier, later = more, place.before is not None
    else:
        earlier, later = place.after is not None and _has_before(walk, place, shown[0]), more
    return {"before": shown[0]} if earlier else {}, {"after": shown[-1]} if later else {}


def _has_before(walk: Walk, place: Place, first: int) -> bool:
    found = walk.find(first, 1, falling=not place.falling)
    return bool(found.ids) or found.stopped is not None


def _link(wanted: ConversationFilter, place: Place, cursor: dict[str, int]) -> str:
    return wanted.to_query(**place.to_dict(**cursor)) if cursor else ""


def _stop(page: Page, live: ConversationFilter, stopped: int) -> Stop:
    """How much was looked through, judged by ids: nothing is counted."""
    low, high = id_range(live)
    behind = high - stopped + 1 if page.place.falling != page.place.backwards else stopped - low + 1
    total = kept_count(ConversationFilter(source=live.source)) or 0
    looked = min(total, round(total * behind / (high - low + 1)))
    cursor = {"before" if page.place.backwards else "after": stopped}
    return Stop(looked, total, _link(page.wanted, page.place, cursor))


def _rows(ids: list[int]) -> list[Conversation]:
    found = Conversation.objects.select_related("source").in_bulk(ids)
    return [found[number] for number in ids if number in found]


def neighbours(
    wanted: ConversationFilter, conversation_id: int, *, order: str = OLDEST
) -> tuple[int | None, int | None]:
    """The conversations before and behind one in a list; None where the list ends (or a long look would be needed).

    The conversation itself need not be in the list any more.
    """
    walk = walk_of(live_part(wanted))
    earlier = walk.find(conversation_id, 1, falling=order == OLDEST).ids
    later = walk.find(conversation_id, 1, falling=order == NEWEST).ids
    return (earlier[0] if earlier else None, later[0] if later else None)


def next_ids(wanted: ConversationFilter, *, after: int = 0, limit: int = 1_000) -> list[int]:
    """For jobs: the next ids of a filter, rising, however long it takes to find them; fewer than `limit` at the end."""
    walk = walk_of(live_part(wanted))
    ids: list[int] = []
    start: int | None = after
    while start is not None and len(ids) < limit:
        found = walk.find(start, limit - len(ids))
        ids += found.ids
        start = found.stopped
    return ids
