"""One turn of typed parts as plain text."""

import re
from collections.abc import Sequence

from tasks_core.gsm8k import call_notation

__all__ = ["PART_TYPES", "TOOL_TYPES", "Part", "turn_text"]

Part = dict[str, str]

FENCE_NAMES = {
    "python": "python",
    "python_output": "output",
    "tool_call": "tool_call",
    "tool_result": "tool_result",
}
TOOL_TYPES = frozenset(FENCE_NAMES)
PART_TYPES = TOOL_TYPES | {"text", "reasoning"}


def turn_text(content: str | list[Part], *, tools: str, reasoning: str, done: set[str]) -> str:
    """Return a turn's content as text; what was done to it is added to `done` by name."""
    if isinstance(content, str):
        return content
    if all(part["type"] == "text" for part in content):
        done.add("parts_joined")
    writer = _Writer(done)
    parts = _reasoned(content, reasoning, done)
    if tools == "text_only":
        parts = _without_tools(parts, done)
    position = 0
    while position < len(parts):
        position += writer.write(parts[position], parts[position + 1 : position + 2])
    return "".join(writer.pieces)


def _reasoned(parts: Sequence[Part], reasoning: str, done: set[str]) -> list[Part]:
    """Return the parts with reasoning left out, or as text between tags."""
    kept = []
    for part in parts:
        if part["type"] != "reasoning":
            kept.append(part)
        elif reasoning == "think_tags":
            done.add("reasoning_think_tags")
            kept.append({"type": "text", "text": f"<think>\n{part['text']}\n</think>\n\n"})
        else:
            done.add("reasoning_left_out")
    return kept


def _without_tools(parts: Sequence[Part], done: set[str]) -> list[Part]:
    kept = [part for part in parts if part["type"] not in TOOL_TYPES]
    if len(kept) < len(parts):
        done.add("tool_parts_left_out")
    return kept


class _Writer:
    """Puts parts together; a fenced block gets lines of its own."""

    def __init__(self, done: set[str]) -> None:
        self.pieces: list[str] = []
        self._done = done
        self._behind_block = False

    def write(self, part: Part, following: Sequence[Part]) -> int:
        """Write a part, and the one that follows where it is the output of a one-line call; return how many."""
        notation = _notation(part, following[0]) if following else None
        if notation is not None:
            self._done.add("tool_notation")
            self._write_text(notation)
            return 2
        if part["type"] == "text":
            self._write_text(part["text"])
        else:
            self._done.add("tool_fences")
            self._write_block(FENCE_NAMES[part["type"]], part["text"])
        return 1

    def _write_text(self, text: str) -> None:
        if not text:
            return
        if self._behind_block and not text.startswith("\n"):
            self.pieces.append("\n")
        self.pieces.append(text)
        self._behind_block = False

    def _write_block(self, name: str, text: str) -> None:
        if self.pieces and not self.pieces[-1].endswith("\n"):
            self.pieces.append("\n")
        end = "" if text.endswith("\n") else "\n"
        fence = _fence_around(text)
        self.pieces.append(f"{fence}{name}\n{text}{end}{fence}")
        self._behind_block = True


def _notation(part: Part, following: Part) -> str | None:
    """Return `<<call=result>>` for a one-line call and its one-line output, None for anything else."""
    if part["type"] != "python" or following["type"] != "python_output":
        return None
    if len(part["text"].splitlines()) > 1 or len(following["text"].splitlines()) > 1:
        return None
    return call_notation(part["text"], following["text"])


def _fence_around(text: str) -> str:
    """Return a fence that is longer than every run of backticks in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)
