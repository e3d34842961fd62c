"""What an import has done so far: kept in its job's result, chunk by chunk, and shown on its page."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from webapp.common.models import Job
from webapp.conversations.content.checking import ISSUES, split_codes
from webapp.conversations.content.records import Record
from webapp.conversations.models import ImportProblem, Source

PROBLEMS_SHOWN = 10
NUMBERS = ("lines", "accepted", "duplicates", "rejected", "flagged", "with_issue")
GROUPS = ("formats", "converted", "issues", "set_aside")
# A file may have as many different keys as it likes; the most frequent ones are told, and only their beginnings.
MOST_KEYS, KEY_LENGTH = 20, 60
Result = dict[str, Any]


def tally_of(stored: Iterable[Record], **numbers: int) -> Result:
    """The report of one chunk: `numbers` as given, and what the stored records were and have."""
    formats: Counter[str] = Counter()
    converted: Counter[str] = Counter()
    issues: Counter[str] = Counter()
    set_aside: Counter[str] = Counter()
    for record in stored:
        formats[record.format] += 1
        if record.converted:
            converted.update(record.converted)
        if record.issues:
            issues.update(split_codes(record.issues))
        if record.metadata:
            set_aside.update(_other_keys(record.metadata))
    return {**numbers, "formats": formats, "converted": converted, "issues": issues, "set_aside": set_aside}


def _other_keys(metadata: str) -> set[str]:
    """The keys that stood beside the messages of a line, and inside of them beside role and content."""
    others = json.loads(metadata)
    inside = others.get("messages")
    keys = set(others)
    if isinstance(inside, dict):
        keys = (keys - {"messages"}).union(*(turn for turn in inside.values() if isinstance(turn, dict)))
    return {key[:KEY_LENGTH] for key in keys}


def merged(result: Mapping[str, Any], chunk: Mapping[str, Any]) -> Result:
    """A result with one chunk added, as a new value: a chunk that is rolled back must leave the old one."""
    added = {name: result.get(name, 0) + chunk.get(name, 0) for name in NUMBERS}
    groups = {name: dict(Counter(result.get(name, {})) + Counter(chunk.get(name, {}))) for name in GROUPS}
    groups["set_aside"] = dict(Counter(groups["set_aside"]).most_common(MOST_KEYS))
    return {**result, **added, **groups}


class ImportReport:
    """The report of an import's job, for its page."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.unit: str = job.result.get("unit", "line")
        self.same_as: dict[str, Any] | None = job.result.get("same_as")

    def __getitem__(self, name: str) -> int:
        """One of NUMBERS."""
        if name not in NUMBERS:
            raise KeyError(name)
        number: int = self.job.result.get(name, 0)
        return number

    def formats(self) -> list[tuple[str, int]]:
        """What the lines were, the most frequent first."""
        return self._group("formats")

    def converted(self) -> list[tuple[str, int]]:
        """What was changed on the way in."""
        return self._group("converted")

    def set_aside(self) -> list[tuple[str, int]]:
        """The keys of lines that are kept beside their conversations."""
        return self._group("set_aside")

    def issues(self) -> list[tuple[str, str, int]]:
        """The format issues: code, words, how many conversations."""
        return [(code, ISSUES[code], count) for code, count in self._group("issues")]

    def _group(self, name: str) -> list[tuple[str, int]]:
        return Counter(self.job.result.get(name, {})).most_common()

    def first_problems(self) -> list[ImportProblem]:
        """The first lines that were refused; duplicates only where nothing was refused."""
        problems = ImportProblem.objects.filter(job=self.job, duplicate=not self["rejected"])
        return list(problems.order_by("line")[:PROBLEMS_SHOWN])

    def left_out(self) -> int:
        """How many lines the report to download names."""
        return self["duplicates"] + self["rejected"]

    def text(self) -> Iterator[str]:
        """The report to download: `line N: reason` for everything that was left out, in the order of the file."""
        yield f"{self.job.title}: {self.summary()}\n"
        for problem in ImportProblem.objects.filter(job=self.job).order_by("line").iterator(chunk_size=2000):
            yield f"{self.unit} {problem.line}: {problem.reason}\n"

    def summary(self) -> str:
        """The counts in one sentence."""
        if self.same_as:
            return f"already imported as “{self.same_as['name']}” on {self.same_as['on']}; nothing was added"
        names = ("accepted", "duplicates", "rejected")
        parts = ", ".join(f"{self[name]:,} {name}" for name in names)
        return f"{self['lines']:,} {self.unit}s read: {parts}"

    def sentence(self) -> str:
        """The counts and the source's name, for the command line."""
        source = Source.objects.filter(job=self.job).first()
        where = f"Imported as “{source.name}” (source {source.pk})" if source else "Nothing was imported"
        return f"{where}: {self.summary()}."
