"""What a recipe comes to now: counts of every component, and the first examples in their exact order."""

import random
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from django.db.models import Case, Q, Value, When
from django.db.models.expressions import Combinable
from numpy.typing import NDArray

from tasks_core.lowering import Dropped, lower
from webapp.conversations.filters import Chip
from webapp.conversations.models import Conversation
from webapp.mixtures.listing import missing_sources, rows_by_source
from webapp.mixtures.models import FoundRows
from webapp.mixtures.recipes import SEED, Component, Lowering, Recipe
from webapp.mixtures.snapshot import read_snapshot

EXAMPLES = 20
# A longer order is not worked out for a page.
PREVIEW_LINES = 5_000_000
SHOWN_CHARACTERS = 600
# Bits of what stands in the way of a plain CustomJSON line.
ISSUE, SYSTEM, TOOLS, NOT_PLAIN = 1, 2, 4, 8


@dataclass
class ComponentCounts:
    """One component as it is now. `rows` are found, `taken` of them inside the slice, `kept` of these exported."""

    index: int
    component: Component
    rows: int
    taken: int
    kept: int
    with_issue: int
    with_system: int
    with_tools: int
    ids: NDArray[np.uint64] = field(repr=False)
    missing_sources: int = 0
    share: float = 0.0

    @property
    def lines(self) -> int:
        return self.kept * self.component.repeats

    @property
    def dropped(self) -> int:
        return self.taken - self.kept

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.1f} %"


@dataclass(frozen=True)
class Example:
    """A line of the file to come: `number` from 1, and its messages after lowering, cut short."""

    number: int
    conversation: Conversation
    component: int
    messages: list[dict[str, str]]
    dropped: str = ""


@dataclass(frozen=True)
class Overview:
    """A whole recipe as it is now. Not `exact`: lowering may drop a few more, which only the texts can tell."""

    components: list[ComponentCounts]
    examples: list[Example]
    exact: bool
    lowering: Lowering

    @property
    def lines(self) -> int:
        return sum(part.lines for part in self.components)

    @property
    def kept(self) -> int:
        return sum(part.kept for part in self.components)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.components)

    @property
    def dropped(self) -> int:
        return sum(part.dropped for part in self.components)

    @property
    def rest(self) -> int:
        """How many lines come behind the examples."""
        return self.lines - len(self.examples)

    @property
    def too_long(self) -> bool:
        return self.lines > PREVIEW_LINES


@dataclass(frozen=True)
class ComponentRow:
    """A component as its row on a page shows it; `counts` come a moment later.

    `gone` are the parts of its filter that name what is deleted, in words: with one of them it finds nothing.
    """

    index: int
    component: Component
    chips: list[Chip]
    found: FoundRows | None
    counts: ComponentCounts | None
    gone: list[str]


def component_rows(recipe: Recipe, overview: Overview | None) -> list[ComponentRow]:
    """The components of a recipe for its page."""
    found = FoundRows.objects.defer("packed").in_bulk(recipe.found_lists())
    counts = overview.components if overview else [None] * len(recipe.components)
    return [
        _component_row(index, component, found.get(component.found or 0), counts[index])
        for index, component in enumerate(recipe.components)
    ]


def _component_row(
    index: int, component: Component, found: FoundRows | None, counts: ComponentCounts | None
) -> ComponentRow:
    chips = component.filter.chips()
    # Deleted sources are counted: the others are still read.
    gone = {name for name, _, _ in component.filter.without("source").gone()}
    return ComponentRow(index, component, chips, found, counts, [chip.label for chip in chips if chip.name in gone])


def look_over(recipe: Recipe, *, examples: int = EXAMPLES) -> Overview:
    """Count everything and look up the first examples."""
    parts = [count_component(index, part, recipe.lowering) for index, part in enumerate(recipe.components)]
    total = sum(part.lines for part in parts)
    for part in parts:
        part.share = part.lines / total if total else 0.0
    overview = Overview(parts, [], _is_exact(parts, recipe.lowering), recipe.lowering)
    if not overview.too_long:
        overview.examples.extend(_examples(parts, recipe, total, examples))
    return overview


def count_component(index: int, component: Component, lowering: Lowering) -> ComponentCounts:
    """Read through the rows of a component: half a second for a million."""
    ids, kinds = array("Q"), bytearray()
    with read_snapshot():
        for _, batches in rows_by_source(component, ("id", "kind"), kind=_kind()):
            for batch in batches:
                ids.extend([row[0] for row in batch])
                kinds.extend([row[1] for row in batch])
    chosen = component.chosen(len(ids))
    cut = slice(chosen.start, chosen.stop, chosen.step)
    taken, kind = np.frombuffer(ids, np.uint64)[cut], np.frombuffer(kinds, np.uint8)[cut]
    kept = taken[(kind & _dropped_kinds(lowering)) == 0]
    sound = kind[(kind & ISSUE) == 0]
    counts = {"with_issue": len(kind) - len(sound)}
    counts["with_system"] = int(np.count_nonzero(sound & SYSTEM))
    counts["with_tools"] = int(np.count_nonzero(sound & TOOLS))
    missing = missing_sources(component)
    return ComponentCounts(
        index, component, len(ids), len(taken), len(kept), **counts, ids=kept, missing_sources=missing
    )


def _kind() -> Combinable:
    conditions = {ISSUE: ~Q(issues=""), SYSTEM: Q(has_system=True), TOOLS: Q(has_tools=True), NOT_PLAIN: Q(plain=False)}
    kind: Combinable = Value(0)
    for bit, condition in conditions.items():
        kind = kind + Case(When(condition, then=Value(bit)), default=Value(0))
    return kind


def _dropped_kinds(lowering: Lowering) -> int:
    system = SYSTEM if lowering.system == "drop_example" else 0
    return ISSUE | system | (TOOLS if lowering.tools == "drop_example" else 0)


def _is_exact(parts: list[ComponentCounts], lowering: Lowering) -> bool:
    """Leaving parts out may leave a turn empty, and reasoning has no column of its own."""
    unsure = lowering.tools == "text_only" or lowering.reasoning == "drop_example"
    return not (unsure and any(part.with_tools for part in parts))


@lru_cache(maxsize=64)
def first_of_mixture(lines: int, count: int) -> tuple[int, ...]:
    """Which lines of the sequence come first in a mixture of so many; the order depends on their number alone."""
    order = array("I", range(lines))
    random.Random(SEED).shuffle(order)
    return tuple(order[:count])


def _examples(parts: list[ComponentCounts], recipe: Recipe, total: int, count: int) -> list[Example]:
    places = first_of_mixture(total, count) if recipe.order == "mixture" else range(min(count, total))
    ends = np.cumsum([part.lines for part in parts])
    picked = []
    for place in places:
        number = int(np.searchsorted(ends, place, side="right"))
        part = parts[number]
        picked.append((number, int(part.ids[(place - int(ends[number]) + part.lines) % part.kept])))
    rows = Conversation.objects.select_related("source", "text").in_bulk({pk for _, pk in picked})
    return [
        _example(number, rows[pk], component, recipe.lowering)
        for number, (component, pk) in enumerate(picked, 1)
        if pk in rows
    ]


def _example(number: int, conversation: Conversation, component: int, lowering: Lowering) -> Example:
    found = lower(orjson.loads(conversation.text.messages), **lowering.to_dict())
    if isinstance(found, Dropped):
        return Example(number, conversation, component, [], found.detail)
    return Example(number, conversation, component, [_cut(message) for message in found.messages[:4]])


def _cut(message: dict[str, Any]) -> dict[str, str]:
    text = message["content"]
    cut = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return {"role": message["role"], "content": cut}
