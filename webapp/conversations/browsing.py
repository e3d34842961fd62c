"""What stands around the rows of the list: the choices of its form, marks, and help where nothing was found."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.urls import reverse

from webapp.accounts.models import Role, User
from webapp.conversations.choosing import live_part, walk_of
from webapp.conversations.filters import ISSUE_WORDS, STATUS_WORDS, Chip, ConversationFilter, known_choices
from webapp.conversations.models import Conversation, Flag, FlagReason, Source, SubjectTally, Tally

SUBJECTS_LIMIT = 300
STATUS_NAMES = {status.value: word for word, status in STATUS_WORDS.items()}


@dataclass
class Choices:
    """What the form of the list offers. Nothing is asked before the template needs it."""

    wanted: ConversationFilter

    @cached_property
    def sources(self) -> list[Source]:
        return list(Source.objects.live().order_by("name").only("pk", "name"))

    @cached_property
    def reasons(self) -> list[FlagReason]:
        reasons = FlagReason.objects.filter(active=True) | FlagReason.objects.filter(slug=self.wanted.flag)
        return list(reasons)

    @cached_property
    def subjects(self) -> list[str]:
        return list(
            SubjectTally.objects.values_list("subject", flat=True).distinct().order_by("subject")[:SUBJECTS_LIMIT]
        )

    @cached_property
    def people(self) -> list[str]:
        reviewers = User.objects.exclude(role=Role.VIEWER)
        return list(reviewers.order_by("username").values_list("username", flat=True))

    @cached_property
    def answers(self) -> list[tuple[str, str]]:
        """What the list is narrowed to, so that another search keeps it."""
        return known_choices("answer", self.wanted.answer)

    statuses = tuple(STATUS_WORDS)
    issues = tuple(ISSUE_WORDS.items())

    @property
    def yes_no(self) -> list[tuple[str, str, bool | None]]:
        """Name, label and value of the parts that are yes, no or either."""
        labels = {"system": "System message", "tools": "Tool parts", "edited": "Edited"}
        return [(name, label, getattr(self.wanted, name)) for name, label in labels.items()]

    @property
    def more_are_set(self) -> bool:
        """A part is set that stands in the folded half of the form."""
        return bool(self.wanted.without("source", "status", "flag", "q"))


class Mark(NamedTuple):
    """A badge in a row: its text, its kind (a class of badges), and more words on hover."""

    text: str
    kind: str
    title: str = ""


class Row(NamedTuple):
    """A line of the list, as it is shown: the template has nothing left to work out, fifty times a page."""

    pk: int
    address: str
    name: str
    preview: str
    source: str
    place: str
    turns: str
    turns_unit: str
    characters: str
    characters_unit: str
    status: str
    marks: list[Mark]


def list_rows(conversations: list[Conversation], query: str) -> list[Row]:
    """Lines for conversations; each leads to its page inside the list of `query`."""
    reasons = _open_reasons(conversations)
    address = reverse("conversations:conversation", args=[0])
    tail = f"?{query}" if query else ""
    return [_row(one, address.replace("/0/", f"/{one.pk}/") + tail, reasons.get(one.pk, [])) for one in conversations]


def _row(one: Conversation, address: str, reasons: list[str]) -> Row:
    place = f"#{one.position + 1:,}"
    return Row(
        pk=one.pk,
        address=address,
        name=f"{one.source.name} {place}",
        preview=one.preview,
        source=one.source.name,
        place=place,
        turns=f"{one.turns:,}",
        turns_unit="turn" if one.turns == 1 else "turns",
        characters=f"{one.characters:,}",
        characters_unit="character" if one.characters == 1 else "characters",
        status=STATUS_NAMES[one.status],
        marks=_marks(one, reasons),
    )


def _open_reasons(conversations: list[Conversation]) -> dict[int, list[str]]:
    """The labels of the reasons of open flags, by conversation."""
    flagged = [one.pk for one in conversations if one.open_flags]
    found: dict[int, list[str]] = {}
    if flagged:
        flags = Flag.objects.filter(conversation__in=flagged, resolved_at=None).order_by("reason__position", "pk")
        for conversation_id, label in flags.values_list("conversation_id", "reason__label"):
            labels = found.setdefault(conversation_id, [])
            if label not in labels:
                labels.append(label)
    return found


def _marks(conversation: Conversation, reasons: list[str]) -> list[Mark]:
    marks = []
    if reasons:
        more = f" +{len(reasons) - 1}" if len(reasons) > 1 else ""
        marks.append(Mark(f"⚑ {reasons[0]}{more}", "warn", f"Flagged: {', '.join(reasons)}"))
    if conversation.issues:
        words = ", ".join(ISSUE_WORDS.get(code, code) for code in conversation.issue_codes())
        marks.append(Mark("format issue", "bad", f"Cannot be exported until it is mended: {words}"))
    if conversation.edited:
        marks.append(Mark("edited", "info"))
    return marks


def is_empty() -> bool:
    """No conversation is stored at all."""
    return not Tally.objects.filter(total__gt=0, source__deleted_at=None).exists()


def ways_out(wanted: ConversationFilter) -> list[Chip]:
    """The chips of a filter that finds nothing, of which each alone, taken away, would show something."""
    helpful = []
    for chip in wanted.chips():
        rest = wanted.without_value(chip.name, chip.value)
        if walk_of(live_part(rest)).find(None, 1).ids:
            helpful.append(chip)
    return helpful


def percent_searchable(source_ids: Iterable[int]) -> int:
    """How much of the sources (none named: of all) the search index holds; 100 when all. Judged by ids."""
    sources = Source.objects.live()
    chosen = list(source_ids)
    if chosen:
        sources = sources.filter(pk__in=chosen)
    ends = sources.annotate(low=Subquery(_ids("pk")), high=Subquery(_ids("-pk")))
    behind = ends.filter(high__gt=F("indexed_through")).exists()
    if not behind:
        return 100
    spans = list(ends.exclude(high=None).values_list("low", "high", "indexed_through"))
    every = sum(high - low + 1 for low, high, _ in spans)
    done: int = sum(max(0, min(through, high) - low + 1) for low, high, through in spans)
    return min(99, int(100 * done / every))


def _ids(order: str) -> QuerySet[Conversation, int]:
    return Conversation.objects.filter(source=OuterRef("pk")).order_by(order).values_list("pk", flat=True)[:1]
