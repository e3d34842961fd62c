"""What conversations may be narrowed by: a fixed list of names, from the address down to the database.

`ConversationFilter` is read from an address (`from_query`) or from a saved recipe (`from_dict`); both refuse any name
and any value that is not on the list, so nothing that somebody types ever becomes part of a query.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from webapp.accounts.models import User
from webapp.common.errors import BadRequest, Link, UnknownValue
from webapp.conversations import searching
from webapp.conversations.models import ConversationQuerySet, Flag, FlagReason, Source, Status
from webapp.conversations.walking import Stream

STATUS_WORDS: dict[str, Status] = {str(status.label): status for status in Status}
#: Format issues by code, in the few words that fit a list.
ISSUE_WORDS = {
    "one_message": "only one message",
    "two_system": "two system messages",
    "system_in_middle": "system message in the middle",
    "assistant_first": "assistant speaks first",
    "same_role_twice": "same role twice in a row",
    "ends_with_user": "ends with the user",
    "empty_turn": "empty turn",
    "tool_turn": "stray tool turn",
}
ANY, NONE = "any", "none"
BIGGEST_ID = 2**63 - 1
BIGGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Chip:
    """One part of a filter in words, and the query of the filter without it."""

    name: str
    value: Any
    label: str
    without: str


@dataclass(frozen=True)
class LaterPart:
    """What a later app knows about a part of the filter that has a field here. Without that app its name is unknown.

    `read` takes the part's name and the values given and raises BadRequest; `missing` says in a sentence what a value
    names that is not there, "" where it is. `streams` are walks over the rows; `labels` gives the words for several
    values at once.
    """

    read: Callable[[str, list[str]], Any]
    missing: Callable[[Any], str]
    condition: Callable[[Any], Q]
    streams: Callable[[Any], Sequence[Stream]]
    labels: Callable[[Collection[Any]], Mapping[Any, str]]


#: By the name of the field.
LATER_PARTS: dict[str, LaterPart] = {}


def register_part(name: str, part: LaterPart) -> None:
    """Make a part known: in addresses, saved recipes, lists and bulk changes."""
    LATER_PARTS[name] = part
    _READERS[name], _CONDITIONS[name] = part.read, part.condition


@dataclass(frozen=True)
class ConversationFilter:
    """Which conversations: all that pass every part that is set. The fields are the names in an address."""

    source: tuple[int, ...] = ()
    status: tuple[str, ...] = ()
    flag: str = ""
    turns_min: int | None = None
    turns_max: int | None = None
    chars_min: int | None = None
    chars_max: int | None = None
    system: bool | None = None
    tools: bool | None = None
    edited: bool | None = None
    issue: str = ""
    subject: str = ""
    reviewer: str = ""
    # What came of it in an evaluation: "12-wrong". Registered by evals.
    answer: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: QueryDict | Mapping[str, Any], *, other: Collection[str] = ()) -> Self:
        """Read an address's query. `other` are names that the page itself reads (order, after ...).

        Raises BadRequest for a name or a value that is not known, UnknownValue for what is not there (any more).
        """
        found = cls._parse(_given(query, other), other)
        found._check_exists()
        return found

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave. What was deleted since then is kept, and matches nothing."""
        return cls._parse({name: [_as_text(one) for one in _as_list(value)] for name, value in saved.items()}, ())

    @classmethod
    def _parse(cls, given: Mapping[str, list[str]], other: Collection[str]) -> Self:
        for name in given:
            if name not in _READERS:
                allowed = ", ".join([*_READERS, *other])
                raise BadRequest(f"“{name[:60]}” is not a filter. Use one of: {allowed}.")
        return cls(**{name: _READERS[name](name, values) for name, values in given.items()})

    def _check_exists(self) -> None:
        gone = list(self.gone())
        if gone:
            rest = self
            for name, value, _ in gone:
                rest = rest.without_value(name, value)
            error = UnknownValue(" ".join(message for _, _, message in gone))
            address, query = reverse("conversations:list"), rest.to_query()
            error.link = Link(f"{address}?{query}" if query else address, "Show the list without this filter")
            raise error

    def gone(self) -> Iterator[tuple[str, Any, str]]:
        """What is named that is not there, maybe not any more: the part's name, its value, and a sentence about it."""
        known = set(Source.objects.filter(pk__in=self.source).values_list("pk", flat=True)) if self.source else set()
        for number in self.source:
            if number not in known:
                yield "source", number, f"There is no source with the number {number}. It may have been deleted."
        if self.flag not in {"", ANY, NONE}:
            slugs = list(FlagReason.objects.values_list("slug", flat=True))
            if self.flag not in slugs:
                words = f"“{self.flag}” is no reason of a flag. Use one of: any, none, {', '.join(slugs)}."
                yield "flag", self.flag, words
        if self.reviewer and not User.objects.filter(username=self.reviewer).exists():
            yield "reviewer", self.reviewer, f"There is nobody called “{self.reviewer}”."
        for name, part in LATER_PARTS.items():
            value = getattr(self, name)
            if value and (words := part.missing(value)):
                yield name, value, words

    def to_dict(self) -> dict[str, Any]:
        """The parts that are set, as plain JSON values, in the order of the fields."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.parts()}

    def to_query(self, **more: Any) -> str:
        """The one address query that stands for this filter; `more` is put behind it."""
        pairs = [(name, _as_text(one)) for name, value in self.parts() for one in _as_list(value)]
        return urlencode(pairs + [(name, str(value)) for name, value in more.items()])

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Name and value of every part that is set."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                yield field.name, value

    def __bool__(self) -> bool:
        return any(True for _ in self.parts())

    def without(self, *names: str) -> Self:
        """The same filter with some parts taken away."""
        defaults: dict[str, Any] = {field.name: field.default for field in fields(self) if field.name in names}
        return replace(self, **defaults)

    def with_sources(self, numbers: tuple[int, ...]) -> Self:
        """The same filter over other sources."""
        return replace(self, source=numbers)

    def without_value(self, name: str, gone: Any) -> Self:
        """The same filter without one source, one status, or one other part."""
        value = getattr(self, name)
        if not isinstance(value, tuple):
            return self.without(name)
        rest: dict[str, Any] = {name: tuple(one for one in value if one != gone)}
        return replace(self, **rest)

    def statuses(self) -> list[Status]:
        """The wanted statuses; empty for all."""
        return [STATUS_WORDS[word] for word in self.status]

    def apply(self, queryset: ConversationQuerySet) -> ConversationQuerySet:
        """Narrow a queryset of conversations to the live ones that pass; in no order."""
        queryset = queryset.live()
        for condition in self.conditions().values():
            queryset = queryset.filter(condition)
        return queryset

    def conditions(self) -> dict[str, Q]:
        """The condition of every part that is set, by the part's name."""
        return {name: _CONDITIONS[name](value) for name, value in self.parts()}

    def chips(self) -> list[Chip]:
        """One chip for each source, each status and each other part."""
        known = known_labels([self])
        return [
            Chip(name, one, _label(name, one, known), self.without_value(name, one).to_query())
            for name, value in self.parts()
            for one in _as_list(value)
        ]

    def describe(self, known: "Labels | None" = None) -> str:
        """The filter in words, for a line of text: "GSM8K train · approved · at least 4 turns".

        `known` are the labels of many filters, looked up together (`known_labels`).
        """
        labels = known_labels([self]) if known is None else known
        words = [_label(name, one, labels) for name, value in self.parts() for one in _as_list(value)]
        return " · ".join(words) or "all conversations"


#: Words for values of a part, by the part's name and the value.
Labels = Mapping[tuple[str, Any], str]


def known_labels(filters: Collection[ConversationFilter]) -> Labels:
    """The words for what filters name by number, with one query for all sources and one for each later part."""
    numbers = {number for one in filters for number in one.source}
    names = Source.objects.filter(pk__in=numbers).values_list("pk", "name") if numbers else []
    known: dict[tuple[str, Any], str] = {("source", number): f"source {number}" for number in numbers}
    known |= {("source", number): name for number, name in names}
    for name, part in LATER_PARTS.items():
        values = {value for one in filters if (value := getattr(one, name))}
        known |= {(name, value): label for value, label in part.labels(values).items()} if values else {}
    return known


def known_choices(name: str, value: str) -> list[tuple[str, str]]:
    """The value of a later part with its words, for a form that can keep it or take it off.

    Empty for no value, and for one that is not understood.
    """
    try:
        found = ConversationFilter.from_dict({name: value} if value else {})
    except BadRequest:
        return []
    return [(str(chip.value), chip.label) for chip in found.chips()]


def _label(name: str, value: Any, known: Labels) -> str:
    return known[name, value] if (name, value) in known else _LABELS[name](value)


def _given(query: QueryDict | Mapping[str, Any], other: Collection[str]) -> dict[str, list[str]]:
    """What was filled in; a form sends its empty fields, too."""
    pairs = query.lists() if isinstance(query, QueryDict) else query.items()
    given = {name: [_as_text(one).strip() for one in _as_list(values)] for name, values in pairs if name not in other}
    filled = {name: [value for value in values if value] for name, values in given.items()}
    return {name: values for name, values in filled.items() if values or name not in _READERS}


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _one(name: str, values: list[str]) -> str:
    if len(set(values)) > 1:
        raise BadRequest(f"“{name}” is given more than once. Give it once.")
    return values[0] if values else ""


def _number(name: str, text: str, biggest: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > biggest:
        raise BadRequest(f"“{name}” must be a whole number from 0 to {biggest:,}, not “{text[:40]}”.")
    return int(text)


def _read_sources(name: str, values: list[str]) -> tuple[int, ...]:
    return tuple(sorted({_number(name, value, BIGGEST_ID) for value in values}))


def _read_statuses(name: str, values: list[str]) -> tuple[str, ...]:
    for value in values:
        _read_choice(STATUS_WORDS)(name, [value])
    return tuple(word for word in STATUS_WORDS if word in values)


def _read_number(name: str, values: list[str]) -> int:
    return _number(name, _one(name, values), BIGGEST_NUMBER)


def _read_yes_no(name: str, values: list[str]) -> bool:
    return _read_choice({"1": True, "0": False})(name, values) == "1"


def _read_choice(allowed: Collection[str]) -> Callable[[str, list[str]], str]:
    def read(name: str, values: list[str]) -> str:
        value = _one(name, values)
        if value not in allowed:
            raise BadRequest(f"“{name}” cannot be “{value[:60]}”. Use one of: {', '.join(allowed)}.")
        return value

    return read


def _read_text(longest: int) -> Callable[[str, list[str]], str]:
    def read(name: str, values: list[str]) -> str:
        value = _one(name, values)
        if "\0" in value or len(value) > longest:
            raise BadRequest(f"“{name}” can be at most {longest} characters long, without NUL characters.")
        return value

    return read


def _read_search(name: str, values: list[str]) -> str:
    value = " ".join(_read_text(searching.QUERY_LIMIT)(name, values).split())
    searching.parse(value)
    return value


_READERS: dict[str, Callable[[str, list[str]], Any]] = {
    "source": _read_sources,
    "status": _read_statuses,
    "flag": _read_text(40),
    "turns_min": _read_number,
    "turns_max": _read_number,
    "chars_min": _read_number,
    "chars_max": _read_number,
    "system": _read_yes_no,
    "tools": _read_yes_no,
    "edited": _read_yes_no,
    "issue": _read_choice([ANY, NONE, *ISSUE_WORDS]),
    "subject": _read_text(100),
    "reviewer": _read_text(150),
    "q": _read_search,
}


def filter_names() -> tuple[str, ...]:
    """The names of all parts that are known."""
    return tuple(_READERS)


def _flag_condition(slug: str) -> Q:
    if slug in {ANY, NONE}:
        return Q(open_flags__gt=0) if slug == ANY else Q(open_flags=0)
    open_flags = Flag.objects.filter(reason__slug=slug, resolved_at=None)
    return Q(pk__in=open_flags.values("conversation_id"))


def _issue_condition(code: str) -> Q:
    if code == NONE:
        return Q(issues="")
    return ~Q(issues="") if code == ANY else ~Q(issues="") & Q(issues__contains=f",{code},")


_CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "source": lambda numbers: Q(source_id__in=numbers) if len(numbers) > 1 else Q(source_id=numbers[0]),
    "status": lambda found: Q(status__in=[STATUS_WORDS[word] for word in found]),
    "flag": _flag_condition,
    "turns_min": lambda least: Q(turns__gte=least),
    "turns_max": lambda most: Q(turns__lte=most),
    "chars_min": lambda least: Q(characters__gte=least),
    "chars_max": lambda most: Q(characters__lte=most),
    "system": lambda wanted: Q(has_system=wanted),
    "tools": lambda wanted: Q(has_tools=wanted),
    "edited": lambda wanted: Q(edited=wanted),
    "issue": _issue_condition,
    "subject": lambda subject: Q(subject=subject),
    "reviewer": lambda name: Q(reviewer_id__in=User.objects.filter(username=name).values("pk")),
    "q": searching.matching,
}


def _yes_no(yes: str, no: str) -> Callable[[Any], str]:
    return lambda wanted: yes if wanted else no


_LABELS: dict[str, Callable[[Any], str]] = {
    "status": str,
    "flag": lambda slug: {ANY: "flagged", NONE: "no open flag"}.get(slug, f"flag: {slug}"),
    "turns_min": "at least {:,} turns".format,
    "turns_max": "at most {:,} turns".format,
    "chars_min": "at least {:,} characters".format,
    "chars_max": "at most {:,} characters".format,
    "system": _yes_no("with system message", "without system message"),
    "tools": _yes_no("with tool parts", "without tool parts"),
    "edited": _yes_no("edited", "not edited"),
    "issue": lambda code: {ANY: "format issue", NONE: "no format issue"}.get(code) or ISSUE_WORDS[code],
    "subject": "subject: {}".format,
    "reviewer": "decided by {}".format,
    "q": "text: {}".format,
}
