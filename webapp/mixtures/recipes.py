"""Recipes: what a mixture is made of, as plain data.

The canonical form (`Recipe.to_dict`) is what is stored, exported and hashed:

    {"version": 1, "order": "mixture", "seed": 42,
     "lowering": {"system": "merge", "tools": "notation", "reasoning": "leave_out"},
     "components": [{"filter": {"status": ["approved"]}, "repeats": 2, "start": null, "stop": 1000, "step": 1,
                     "found": null}]}

A component stands for the conversations that its filter finds, ordered by the name of their source (by code point)
and their position in it, cut like a Python slice, and counted `repeats` times.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

from webapp.common.errors import Unprocessable
from webapp.conversations.filters import ConversationFilter

VERSION = 1
SEED = 42
ORDERS = {
    "mixture": "Mixture: everything shuffled with seed 42",
    "sequence": "Sequence: one component after the other",
}
SYSTEM = {
    "merge": "Put it in front of the first user message",
    "drop_example": "Leave the conversation out",
}
TOOLS = {
    "notation": "Write a call as <<48/2=24>>, longer code as a fenced block",
    "text_only": "Keep the text, leave calls and their output out",
    "drop_example": "Leave the conversation out",
}
REASONING = {
    "leave_out": "Leave the reasoning out, keep the answer",
    "think_tags": "Write it between <think> and </think>",
    "drop_example": "Leave the conversation out",
}


@dataclass(frozen=True)
class Lowering:
    """What happens to what a CustomJSON line cannot hold."""

    system: str = "merge"
    tools: str = "notation"
    reasoning: str = "leave_out"

    def to_dict(self) -> dict[str, str]:
        return {"system": self.system, "tools": self.tools, "reasoning": self.reasoning}


@dataclass(frozen=True)
class Component:
    """A filter, how many times its rows count, and the slice of them that is taken.

    `found` names the stored list of rows that a text search found (FoundRows); None without a text search.
    """

    filter: ConversationFilter
    repeats: int = 1
    start: int | None = None
    stop: int | None = None
    step: int = 1
    found: int | None = None

    def chosen(self, rows: int) -> range:
        """The indices of the rows that the slice takes, of a component of `rows` rows."""
        return range(rows)[self.start : self.stop : self.step]

    def is_sliced(self) -> bool:
        return (self.start, self.stop, self.step) != (None, None, 1)

    def slice_text(self) -> str:
        """The slice as Python writes it, "" where all rows are taken."""
        if not self.is_sliced():
            return ""
        ends = ["" if end is None else str(end) for end in (self.start, self.stop)]
        return f"[{':'.join(ends)}{f':{self.step}' if self.step != 1 else ''}]"

    def to_dict(self) -> dict[str, Any]:
        return {
            "filter": self.filter.to_dict(),
            "repeats": self.repeats,
            "start": self.start,
            "stop": self.stop,
            "step": self.step,
            "found": self.found,
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Component":
        return cls(**{**plain, "filter": ConversationFilter.from_dict(plain["filter"])})


@dataclass(frozen=True)
class Recipe:
    """Components, their order, and the lowering."""

    components: tuple[Component, ...] = ()
    order: str = "mixture"
    lowering: Lowering = field(default_factory=Lowering)

    def to_dict(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "order": self.order,
            "seed": SEED,
            "lowering": self.lowering.to_dict(),
            "components": [component.to_dict() for component in self.components],
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Recipe":
        if plain.get("version") != VERSION:
            raise Unprocessable(f"This recipe has version {plain.get('version')}; this Winnow knows version {VERSION}.")
        components = tuple(Component.from_dict(component) for component in plain["components"])
        return cls(components, plain["order"], Lowering(**plain["lowering"]))

    def with_component(self, component: Component) -> "Recipe":
        return replace(self, components=(*self.components, component))

    def replacing(self, index: int, component: Component) -> "Recipe":
        return replace(self, components=(*self.components[:index], component, *self.components[index + 1 :]))

    def without(self, index: int) -> "Recipe":
        return replace(self, components=self.components[:index] + self.components[index + 1 :])

    def moved(self, index: int, by: int) -> "Recipe":
        """The component at `index` goes `by` places down (up where negative), as far as there are places."""
        rest = list(self.components)
        component = rest.pop(index)
        rest.insert(max(0, min(len(rest), index + by)), component)
        return replace(self, components=tuple(rest))

    def found_lists(self) -> set[int]:
        return {component.found for component in self.components if component.found is not None}


def canonical_json(plain: Any) -> str:
    """One text for one value: sorted keys, no spaces, not ASCII-escaped."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(plain: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    return hashlib.sha256(canonical_json(plain).encode()).hexdigest()
