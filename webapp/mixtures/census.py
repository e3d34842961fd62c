"""What became of the rows of one component: counted for the manifest, a block of rows at a time."""

import hashlib
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks_core.lowering import DROP_REASONS
from webapp.accounts.models import User
from webapp.conversations.models import Source, Status
from webapp.mixtures.recipes import Component
from webapp.mixtures.spool import PROBLEMS, Spool

BLOCK_ROWS = 100_000
# So many dropped rows are named for each component and reason; all are counted.
NAMED_ROWS = 1_000
# What `revisions_sha256` runs over, source by source behind a line with its name (docs/exports.md).
REVISION = np.dtype([("position", ">u8"), ("version", ">u4"), ("hash", "V32")])


class Census:
    """Counts over the rows that a component takes; `listed` is its part of the job's cursor."""

    def __init__(self, component: Component, listed: dict[str, Any]) -> None:
        self.listed = listed
        self.chosen = component.chosen(listed["rows"])
        self.ends = np.cumsum([source["rows"] for source in listed["sources"]])
        self.kept: Counter[int] = Counter()
        self.dropped: Counter[int] = Counter()
        self.named: dict[int, list[dict[str, Any]]] = {}
        self.decided: Counter[tuple[int, int]] = Counter()
        self.revisions = hashlib.sha256()

    def count(self, spool: Spool, first: int) -> None:
        """Count the rows of the component, the first of which is row `first` of the spool."""
        for begin in range(0, len(self.chosen), BLOCK_ROWS):
            size = min(BLOCK_ROWS, len(self.chosen) - begin)
            places = self.chosen[begin : begin + size]
            sources = np.searchsorted(self.ends, np.arange(places.start, places.stop, places.step), side="right")
            rows, outcomes = spool.rows(first + begin, size), spool.outcomes(first + begin, size)
            self._count_dropped(rows, outcomes, sources)
            self._count_kept(rows[outcomes == 0], sources[outcomes == 0])

    def _count_dropped(self, rows: NDArray[Any], outcomes: NDArray[Any], sources: NDArray[Any]) -> None:
        for place in np.flatnonzero(outcomes).tolist():
            outcome = int(outcomes[place])
            self.dropped[outcome] += 1
            named = self.named.setdefault(outcome, [])
            if len(named) < NAMED_ROWS:
                source, row = self.listed["sources"][int(sources[place])], rows[place]
                named.append({"source": source["name"], "number": int(row["position"]) + 1, "id": int(row["id"])})

    def _count_kept(self, rows: NDArray[Any], sources: NDArray[Any]) -> None:
        pairs, counts = np.unique(rows["reviewer"].astype(np.int64) * 256 + rows["status"], return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            self.decided[divmod(pair, 256)] += count
        for number in np.unique(sources).tolist():
            found = rows[sources == number]
            if not self.kept[number]:
                self.revisions.update(self.listed["sources"][number]["name"].encode() + b"\n")
            self.kept[number] += len(found)
            lines = np.empty(len(found), REVISION)
            for name in ("position", "version", "hash"):
                lines[name] = found[name]
            self.revisions.update(lines.tobytes())

    def dropped_rows(self) -> list[dict[str, Any]]:
        """For each reason how many rows, and the first of them by name."""
        return [
            {
                "reason": PROBLEMS[outcome - 1],
                "in_words": DROP_REASONS[PROBLEMS[outcome - 1]],
                "conversations": self.dropped[outcome],
                "named": self.named[outcome],
            }
            for outcome in sorted(self.dropped)
        ]

    def reviewed(self) -> list[dict[str, Any]]:
        """Who decided last on how many of the conversations, with what."""
        names = dict(User.objects.filter(pk__in={pk for pk, _ in self.decided}).values_list("pk", "username"))
        rows = [
            {"reviewer": names.get(pk), "status": Status(status).label, "conversations": count}
            for (pk, status), count in self.decided.items()
        ]
        return sorted(rows, key=lambda row: (row["reviewer"] or "", row["status"]))

    def sources(self) -> list[dict[str, Any]]:
        """The sources that the rows are from, with what identifies their data."""
        stored = Source.objects.in_bulk([source["id"] for source in self.listed["sources"]])
        facts = []
        for number, source in enumerate(self.listed["sources"]):
            row = stored.get(source["id"])
            names = ("kind", "task", "parameters", "file_name", "fingerprint")
            origin = {name: getattr(row, name) for name in names} if row else {}
            counts = {"rows": source["rows"], "conversations": self.kept[number]}
            facts.append({"name": source["name"], **counts, **origin})
        return facts
