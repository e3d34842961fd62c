"""The manifest: what is in an exported file, and what proves it. docs/exports.md describes every key."""

import json
import platform
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import zstandard

from tasks_core.lowering import CHANGES
from webapp.common.version import VERSION
from webapp.mixtures.census import Census
from webapp.mixtures.models import Export, FoundRows
from webapp.mixtures.recipes import Component, Recipe, sha256_of
from webapp.mixtures.spool import Spool

KIND = "winnow export"
MANIFEST_VERSION = 1
SEAL = "manifest_sha256"


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
    found, first = [], 0
    for component, listed, changes in zip(recipe.components, state["listed"], state["changes"], strict=True):
        census = Census(component, listed)
        census.count(spool, first)
        found.append(_component(component, census, changes))
        first += listed["taken"]
    return found


def _component(component: Component, census: Census, changes: dict[str, int]) -> dict[str, Any]:
    conversations = census.kept.total()
    return {
        "filter": component.filter.to_dict(),
        "filter_in_words": component.filter.describe(),
        "found_by_search": _found(component),
        "slice": component.slice_text(),
        "rows": census.listed["rows"],
        "rows_in_slice": census.listed["taken"],
        "dropped": census.dropped_rows(),
        "lowered": {name: changes[name] for name in CHANGES if name in changes},
        "conversations": conversations,
        "repeats": component.repeats,
        "lines": conversations * component.repeats,
        "revisions_sha256": census.revisions.hexdigest(),
        "reviewed": census.reviewed(),
        "sources": census.sources(),
    }


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
