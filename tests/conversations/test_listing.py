"""Pages against plain Python: the same rows for any filter, every row once in both directions, the right counts."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.factories import make_conversation, make_source, make_user
from webapp.conversations import choosing, counting, indexing, tallies, walking
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.listing import PLACE_NAMES, Page, Place, conversation_page, neighbours, next_ids
from webapp.conversations.models import Conversation, ConversationText, Flag, FlagReason, Source, Status

pytestmark = pytest.mark.django_db
REASONS = ("unsafe", "other", "language")
WORDS = ("apple", "pear", "plum")
ISSUES = ("", "", "", ",empty_turn,", ",empty_turn,tool_turn,")
ROWS = 60


def fill() -> list[dict[str, Any]]:
    """Conversations of all kinds, and each as a dictionary in the words of the filter."""
    chosen = random.Random(7)
    sources = [make_source() for _ in range(3)] + [make_source(deleted_at="2026-01-01T00:00:00Z")]
    people = [make_user(username="ada"), make_user(username="bob")]
    reasons = {slug: FlagReason.objects.get(slug=slug) for slug in REASONS}
    return [_one(chosen, sources, people, reasons) for _ in range(ROWS)]


def _one(chosen: random.Random, sources: list[Source], people: list[Any], reasons: dict[str, FlagReason]) -> Any:
    source, status, person = chosen.choice(sources), chosen.choice(list(Status)), chosen.choice([None, *people])
    flags = chosen.sample(REASONS, chosen.choice([0, 0, 1, 2]))
    row: dict[str, Any] = {
        "turns": chosen.randint(1, 6), "characters": chosen.randint(1, 60), "has_system": chosen.random() < 0.3,
        "has_tools": chosen.random() < 0.3, "edited": chosen.random() < 0.3, "issues": chosen.choice(ISSUES),
        "subject": chosen.choice(["", "law", "art"]),
    }  # fmt: skip
    text = chosen.sample(WORDS, chosen.randint(0, 3))
    messages = [{"role": "user", "content": " ".join(text)}]
    fields = row | {"status": status, "reviewer": person, "open_flags": len(flags)}
    stored = make_conversation(source, messages, **fields)
    indexing.insert([(stored.pk, indexing.words_of(ConversationText.objects.get(pk=stored.pk).messages))])
    for slug in flags:
        for turn in (None, 0):
            Flag.objects.create(conversation=stored, source=source, status=status, reason=reasons[slug], turn=turn)
        tallies.add_flagged(source.pk, reasons[slug].pk, 1)
    trashed = source.deleted_at is not None
    person_name = person.username if person else ""
    return row | {
        "pk": stored.pk, "source": source.pk, "status": status.label, "flags": flags, "reviewer": person_name,
        "text": text, "trashed": trashed,
    }  # fmt: skip


def passes(row: dict[str, Any], wanted: ConversationFilter) -> bool:
    """The filter in plain Python."""
    checks: dict[str, Callable[[Any], bool]] = {
        "source": lambda value: row["source"] in value,
        "status": lambda value: row["status"] in value,
        "flag": lambda value: {"any": bool(row["flags"]), "none": not row["flags"]}.get(value, value in row["flags"]),
        "turns_min": lambda value: row["turns"] >= value,
        "turns_max": lambda value: row["turns"] <= value,
        "chars_min": lambda value: row["characters"] >= value,
        "chars_max": lambda value: row["characters"] <= value,
        "system": lambda value: row["has_system"] == value,
        "tools": lambda value: row["has_tools"] == value,
        "edited": lambda value: row["edited"] == value,
        "issue": lambda value: {"any": row["issues"] != "", "none": row["issues"] == ""}.get(
            value, f",{value}," in row["issues"]
        ),
        "subject": lambda value: row["subject"] == value,
        "reviewer": lambda value: row["reviewer"] == value,
        "q": lambda value: set(value.split()) <= set(row["text"]),
    }
    return not row["trashed"] and all(checks[name](value) for name, value in wanted.parts())


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), st.none(), values)


FILTERS = st.fixed_dictionaries(
    {
        "source": some(st.lists(st.integers(0, 3), min_size=1, max_size=3)),
        "status": some(st.lists(st.sampled_from([status.label for status in Status]), min_size=1, max_size=3)),
        "flag": some(st.sampled_from(["any", "none", *REASONS])),
        "turns_min": some(st.integers(0, 7)),
        "turns_max": some(st.integers(0, 7)),
        "chars_min": some(st.integers(0, 70)),
        "chars_max": some(st.integers(0, 70)),
        "system": some(st.booleans()),
        "tools": some(st.booleans()),
        "edited": some(st.booleans()),
        "issue": some(st.sampled_from(["any", "none", "empty_turn", "tool_turn"])),
        "subject": some(st.sampled_from(["law", "art"])),
        "reviewer": some(st.sampled_from(["ada", "bob"])),
        "q": some(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True).map(" ".join)),
    }
)


def filter_of(drawn: dict[str, Any], rows: list[dict[str, Any]]) -> ConversationFilter:
    sources = sorted({row["source"] for row in rows})
    given = {name: value for name, value in drawn.items() if value is not None}
    if "source" in given:
        given["source"] = [sources[number] for number in given["source"]]
    return ConversationFilter.from_dict(given)


def walk(wanted: ConversationFilter, place: Place) -> list[int]:
    """All pages from a place on, the way a reader would go."""
    seen: list[int] = []
    for _ in range(2 * ROWS):
        page = conversation_page(wanted, place)
        ids = [row.pk for row in page.rows]
        # Going back ends with the first page, filled up with rows that were seen already.
        filled = place.backwards and page.place.is_start
        seen = ids + [one for one in seen if not (filled and one in ids)] if place.backwards else seen + ids
        if filled:
            return seen
        query = page.stop.go_on if page.stop else page.previous if place.backwards else page.next
        if not query:
            return seen
        place = place_of(query, wanted)
    raise AssertionError("the pages never end")


def place_of(query: str, wanted: ConversationFilter) -> Place:
    fields = QueryDict(query)
    assert ConversationFilter.from_query(fields, other=PLACE_NAMES) == wanted
    return Place.from_query(fields)


# How much may be looked at in one go: all; so little that walks stop; and so that every kind of walk is taken.
LIMITS = [(500_000, 20_000, 2_000), (7, 5, 0), (500_000, 20_000, 0), (25, 20_000, 4)]


@pytest.mark.parametrize(("scan_rows", "sieve_rows", "small"), LIMITS)
def test_any_filter_gives_the_rows_that_plain_python_gives(
    scan_rows: int, sieve_rows: int, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "SCAN_ROWS", scan_rows)
    monkeypatch.setattr(walking, "SIEVE_ROWS", sieve_rows)
    monkeypatch.setattr(walking, "SIEVE_BATCH", min(500, sieve_rows))
    monkeypatch.setattr(walking, "SEARCH_WINDOW", scan_rows)
    monkeypatch.setattr(walking, "SEARCH_SECONDS", 0 if sieve_rows == 5 else 10)
    monkeypatch.setattr(choosing, "SMALL", small)
    rows = fill()

    @settings(max_examples=25, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(FILTERS, st.integers(3, 40), st.sampled_from(["oldest", "newest"]))
    def check(drawn: dict[str, Any], limit: int, order: str) -> None:
        wanted = filter_of(drawn, rows)
        expected = [row["pk"] for row in rows if passes(row, wanted)]
        assert sorted(wanted.apply(Conversation.objects.all()).values_list("pk", flat=True)) == expected
        listed = expected if order == "oldest" else expected[::-1]
        assert walk(wanted, Place(order=order, limit=limit)) == listed
        assert walk(wanted, Place(order=order, limit=limit, page="last")) == listed
        assert next_ids(wanted, limit=ROWS) == expected
        count = conversation_page(wanted, Place(order=order)).count
        assert count.number == len(expected) if count.exact else count.number <= len(expected)

    check()


def page_of(wanted: ConversationFilter | None = None, **place: Any) -> Page:
    return conversation_page(wanted or ConversationFilter(), Place(**place))


def test_counts_come_from_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = fill()
    monkeypatch.setattr(counting, "COUNT_LIMIT", 1)
    for drawn in ({}, {"source": [0]}, {"status": ["approved"]}, {"source": [1], "status": ["skipped"]},
                  {"flag": "any"}, {"flag": "none"}, {"flag": "any", "status": ["approved"]}, {"flag": "unsafe"},
                  {"flag": "unsafe", "source": [2]}, {"issue": "any"}, {"issue": "none"}, {"edited": True},
                  {"edited": False, "source": [0]}, {"subject": "law"}, {"subject": "law", "source": [1]}):  # fmt: skip
        wanted = filter_of(drawn, rows)
        count = conversation_page(wanted, Place()).count
        assert (count.number, count.exact) == (sum(passes(row, wanted) for row in rows), True), drawn


def test_other_counts_end_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.conversations.listing.COUNT_LIMIT", 3)
    monkeypatch.setattr(counting, "COUNT_LIMIT", 3)
    source = make_source()
    for number in range(5):
        make_conversation(source, turns=2 + number % 2)
    assert str(page_of(ConversationFilter(turns_min=2)).count) == "3+"
    assert page_of(ConversationFilter(turns_min=2)).count.words == "3+ conversations"
    assert page_of(ConversationFilter(turns_min=3)).count.words == "2 conversations"


def test_going_back_to_the_beginning_fills_the_first_page() -> None:
    source = make_source()
    ids = [make_conversation(source).pk for _ in range(6)]
    page = page_of(before=ids[2], limit=4)
    assert [row.pk for row in page.rows] == ids[:4]
    assert page.previous == ""
    assert page.next == f"limit=4&after={ids[3]}"


def test_neighbours_of_a_conversation_that_left_the_list() -> None:
    source = make_source()
    ids = [make_conversation(source, status=Status(number == 2)).pk for number in range(5)]
    wanted = ConversationFilter(status=("unreviewed",))
    assert neighbours(wanted, ids[2]) == (ids[1], ids[3])
    assert neighbours(wanted, ids[0]) == (None, ids[1])
    assert neighbours(wanted, ids[4]) == (ids[3], None)
    assert neighbours(wanted, ids[2], order="newest") == (ids[3], ids[1])
