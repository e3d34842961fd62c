"""The files that people bring along in these tests."""

import json
from pathlib import Path
from typing import Any

Messages = list[dict[str, Any]]


FRUIT: list[list[tuple[str, str]]] = [
    [("user", "Name a yellow fruit."), ("assistant", "A lemon is yellow.")],
    [("system", "Be brief."), ("user", "Name a blue fruit."), ("assistant", "A blueberry.")],
]


def own_messages(number: int) -> Messages:
    """A short conversation about trees."""
    return [
        {"role": "user", "content": f"Which tree stands at corner {number}?"},
        {"role": "assistant", "content": f"A quince tree stands at corner {number} of the garden."},
    ]


def write_own(folder: Path, *, count: int = 6) -> Path:
    """CustomJSON: good lines, then one that breaks off and one that was there before."""
    lines = [json.dumps(own_messages(number)) for number in range(1, count + 1)]
    path = folder / "orchard.jsonl"
    path.write_text("\n".join([*lines, '[{"role": "user", "content": "cut', lines[0], ""]))
    return path


def write_openai(folder: Path) -> Path:
    """OpenAI lines whose contents are lists of parts, one of them with a system message."""
    path = folder / "fruit.jsonl"
    path.write_text("".join(f"{json.dumps(_openai(turns))}\n" for turns in FRUIT))
    return path


def _openai(turns: list[tuple[str, str]]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in turns]}
