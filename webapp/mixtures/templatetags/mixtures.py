"""What the pages of mixtures and exports say about recipes and manifests."""

from collections import Counter
from typing import Any

from django import template

from tasks_core.lowering import CHANGES
from webapp.common.plots import Share
from webapp.common.templatetags.plots import bar
from webapp.mixtures.building import ComponentCounts
from webapp.mixtures.models import Export

register = template.Library()


@register.inclusion_tag("partials/bar.html")
def share_bar(counts: ComponentCounts, total: int) -> dict[str, Any]:
    """The share of a component in the file."""
    own = Share(f"lines of this component ({counts.percent})", counts.lines, "accent")
    return bar([own, Share("other lines", total - counts.lines)], "Share", legend=False)


@register.filter
def snippet(export: Export) -> str:
    """How a training script loads the file."""
    packed = export.file_name()
    unpack = {"jsonl.gz": f"# gunzip -k {packed}\n", "jsonl.zst": f"# zstd -d {packed}\n"}.get(export.format, "")
    name = packed.removesuffix(".gz").removesuffix(".zst")
    load = f'task = CustomJSON("{name}")\nprint(len(task), task[0])'
    return f"{unpack}from tasks_core.customjson import CustomJSON\n\n{load}"


@register.filter
def left_out(part: dict[str, Any]) -> int:
    """How many conversations of a component were dropped."""
    return sum(drop["conversations"] for drop in part["dropped"])


@register.filter
def changes(lowered: dict[str, int]) -> list[dict[str, Any]]:
    """What was lowered, in words."""
    return [{"count": count, "words": CHANGES.get(name, name)} for name, count in lowered.items()]


@register.filter
def reviewed(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Who decided last on how many conversations, over all components."""
    counts: Counter[tuple[str, str]] = Counter()
    for part in manifest["components"]:
        for row in part["reviewed"]:
            counts[row["reviewer"] or "", row["status"]] += row["conversations"]
    return [
        {"reviewer": reviewer, "status": status, "conversations": count}
        for (reviewer, status), count in sorted(counts.items())
    ]
