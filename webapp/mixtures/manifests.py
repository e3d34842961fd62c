"""The manifest: what is in an exported file, and what proves it. docs/exports.md describes every key."""

import hashlib
import json
import platform
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from tasks_core.lowering import CHANGES, DROP_REASONS
from webapp.accounts.models import User
from webapp.common.version import VERSION
from webapp.conversations.models import Source, Status
from webapp.mixtures.models import Export, FoundRows
from webapp.mixtures.recipes import Component, Recipe, sha256_of
from webapp.mixtures.spool import PROBLEMS, Spool

KIND = "winnow export"
MANIFEST_VERSION = 1
SEAL = "manifest_sha256"
# So many dropped rows are named for each component and reason; all are counted.
NAMED_ROWS = 1_000


def build_manifest(export: Export, recipe: Recipe, state: dict[str, Any], spool: Spool, facts: Any) -> dict[str, Any]:
    """The sealed manifest; `facts` are those of the file as it was read back (FileFacts)."""
    components = _components(recipe, state, spool)
    manifest = {
        "kind": KIND,
        "manifest_version": MANIFEST_VERSION,
        "export": str(export.key),
        "mixture": export.mixture_name,
        "created_at": export.created_at.isoformat(timespec="seconds"),
        "created_by": export.created_by.username if export.created_by else None,
        "versions": {"winnow": VERSION, "python": platform.python_version(), "zstandard": zstandard.__version__},
        "file": {
            "name": export.file_name(),
            "format": export.format,
            "size": facts.size,
            "sha256": facts.sha256,
            "plain_size": facts.plain_size,
            "plain_sha256": facts.plain_sha256,
            "lines": facts.lines,
        },
        "recipe": recipe.to_dict(),
        "recipe_sha256": sha256_of(recipe.to_dict()),
        "components": components,
        "totals": _totals(components),
    }
    return manifest | {SEAL: seal_of(manifest)}


def _components(recipe: Recipe, state: dict[str, Any], spool: Spool) -> list[dict[str, Any]]:
    rows, outcomes = spool.rows(), spool.outcomes(state["taken"])
    found, first, begun = [], 0, 0
    for number, component in enumerate(recipe.components):
        listed = state["listed"][number]
        chosen = component.chosen(listed["rows"])
        section, ends = rows[first : first + listed["rows"]], outcomes[begun : begun + len(chosen)]
        part = _Part(component, listed, chosen, section, ends)
        found.append(part.facts(state["changes"][number]))
        first += listed["rows"]
        begun += len(chosen)
    return found


class _Part:
    """One component: its rows as listed, and what became of those that its slice takes."""

    def __init__(
        self, component: Component, listed: dict[str, Any], chosen: range, rows: NDArray[Any], outcomes: NDArray[Any]
    ) -> None:
        self.component, self.listed = component, listed
        self.taken = rows[chosen.start : chosen.stop : chosen.step]
        self.outcomes = outcomes
        self.kept = self.taken[outcomes == 0]
        ends = np.cumsum([source["rows"] for source in listed["sources"]])
        # For each row that is taken, which source of the listing it belongs to.
        self.source_of = np.searchsorted(ends, np.arange(chosen.start, chosen.stop, chosen.step), side="right")

    def facts(self, changes: dict[str, int]) -> dict[str, Any]:
        component, kept = self.component, len(self.kept)
        return {
            "filter": component.filter.to_dict(),
            "filter_in_words": component.filter.describe(),
            "found_by_search": _found(component),
            "slice": component.slice_text(),
            "rows": self.listed["rows"],
            "rows_in_slice": len(self.taken),
            "dropped": self._dropped(),
            "lowered": {name: changes[name] for name in CHANGES if name in changes},
            "conversations": kept,
            "repeats": component.repeats,
            "lines": kept * component.repeats,
            "revisions_sha256": self._revisions(),
            "reviewed": self._reviewed(),
            "sources": self._sources(),
        }

    def _dropped(self) -> list[dict[str, Any]]:
        dropped = []
        for index, reason in enumerate(PROBLEMS, start=1):
            places = np.flatnonzero(self.outcomes == index)
            if len(places):
                named = [self._name(place) for place in places[:NAMED_ROWS].tolist()]
                dropped.append(
                    {"reason": reason, "in_words": DROP_REASONS[reason], "conversations": len(places), "named": named}
                )
        return dropped

    def _name(self, place: int) -> dict[str, Any]:
        source = self.listed["sources"][int(self.source_of[place])]
        row = self.taken[place]
        return {"source": source["name"], "number": int(row["position"]) + 1, "id": int(row["id"])}

    def _revisions(self) -> str:
        """See docs/exports.md: source by source its name, then position, version and content hash of each row."""
        digest = hashlib.sha256()
        kind = np.dtype([("position", ">u8"), ("version", ">u4"), ("hash", "V32")])
        sources = self.source_of[self.outcomes == 0]
        for number, source in enumerate(self.listed["sources"]):
            rows = self.kept[sources == number]
            if len(rows):
                lines = np.empty(len(rows), kind)
                for name in ("position", "version", "hash"):
                    lines[name] = rows[name]
                digest.update(source["name"].encode() + b"\n" + lines.tobytes())
        return digest.hexdigest()

    def _reviewed(self) -> list[dict[str, Any]]:
        """Who decided last on how many of the conversations, with what."""
        pairs, counts = np.unique(self.kept[["reviewer", "status"]], return_counts=True)
        names = dict(
            User.objects.filter(pk__in=[int(pair["reviewer"]) for pair in pairs]).values_list("pk", "username")
        )
        rows = [
            {
                "reviewer": names.get(int(pair["reviewer"])),
                "status": Status(int(pair["status"])).label,
                "conversations": int(count),
            }
            for pair, count in zip(pairs, counts, strict=True)
        ]
        return sorted(rows, key=lambda row: (row["reviewer"] or "", row["status"]))

    def _sources(self) -> list[dict[str, Any]]:
        listed = self.listed["sources"]
        stored = Source.objects.in_bulk([source["id"] for source in listed])
        kept = Counter(self.source_of[self.outcomes == 0].tolist())
        facts = []
        for number, source in enumerate(listed):
            row = stored.get(source["id"])
            facts.append({"name": source["name"], "rows": source["rows"], "conversations": kept[number]})
            if row:
                facts[-1] |= {
                    "kind": row.kind,
                    "task": row.task,
                    "parameters": row.parameters,
                    "file_name": row.file_name,
                    "fingerprint": row.fingerprint,
                }
        return facts


def _found(component: Component) -> dict[str, Any] | None:
    if component.found is None:
        return None
    found = FoundRows.objects.get(pk=component.found)
    return {
        "query": found.query,
        "conversations": found.count,
        "found_at": found.found_at.isoformat(timespec="seconds"),
    }


def _totals(components: list[dict[str, Any]]) -> dict[str, Any]:
    dropped: Counter[str] = Counter()
    lowered: Counter[str] = Counter()
    for component in components:
        dropped.update({entry["reason"]: entry["conversations"] for entry in component["dropped"]})
        lowered.update(component["lowered"])
    names = ("rows", "rows_in_slice", "conversations", "lines")
    numbers = {name: sum(part[name] for part in components) for name in names}
    return numbers | {"dropped": dict(dropped), "lowered": dict(lowered)}


def seal_of(manifest: dict[str, Any]) -> str:
    """The SHA-256 that a manifest carries of itself: of its canonical JSON without the seal."""
    return sha256_of({name: value for name, value in manifest.items() if name != SEAL})


def manifest_text(manifest: dict[str, Any]) -> str:
    """The manifest as it is stored, beside the file and in the database."""
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def read_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest in a file; None where there is none."""
    try:
        return parse_manifest(path.read_bytes())
    except OSError:
        return None


def parse_manifest(text: str | bytes) -> dict[str, Any] | None:
    """The manifest in a text; None where it is not one."""
    try:
        plain = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(plain, dict) or plain.get("kind") != KIND:
        return None
    file = plain.get("file")
    whole = ("size", "lines")
    if not isinstance(file, dict) or not all(isinstance(file.get(name), int) for name in whole):
        return None
    return plain if all(isinstance(file.get(name), str) for name in ("sha256", "plain_sha256")) else None
