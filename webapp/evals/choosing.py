"""What a run asks about: the conversations of a filter, all of them or a seeded sample."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from webapp.common.errors import BadRequest
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.models import Source


@dataclass(frozen=True)
class TaskChoice:
    """A task of tasks_core with its parameters, which may have to be imported before it can be asked about."""

    name: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """The conversations of `filter` (ConversationFilter.to_dict); with `sample` so many of them, drawn with `seed`."""

    filter: Mapping[str, Any] = field(default_factory=dict)
    sample: int | None = None
    seed: int = 42

    def __post_init__(self) -> None:
        """Raises BadRequest for a bad number."""
        if self.sample is not None and not 1 <= self.sample <= 10_000_000:
            raise BadRequest("A sample must have 1 to 10,000,000 conversations.")
        if not 0 <= self.seed < 2**31:
            raise BadRequest(f"“seed” must be from 0 to {2**31 - 1:,}, not {self.seed}.")

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(saved.get("filter", {}), saved.get("sample"), saved.get("seed", 42))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    def conversations(self) -> ConversationFilter:
        """The filter itself."""
        return ConversationFilter.from_dict(self.filter)

    def describe(self) -> str:
        """In words: "GSM8K test · 200 of them, drawn with seed 42"."""
        words = self.conversations().describe()
        return words if self.sample is None else f"{words} · {self.sample:,} of them, drawn with seed {self.seed}"

    def sources(self) -> list[Source]:
        """The sources that are named; empty where the filter names none."""
        return list(Source.objects.filter(pk__in=self.conversations().source))


def named_sources(selection: Mapping[str, Any]) -> list[int]:
    """The ids of the sources that a saved selection (`Selection.to_dict`) names, also of those that are gone."""
    return list(selection.get("filter", {}).get("source", []))
