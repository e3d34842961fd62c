"""Files to import whose outcome is known."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownFile:
    """The bytes of a file, and what an import of it must report."""

    content: bytes
    valid: int
    bad: int

    @property
    def lines(self) -> int:
        """All of them."""
        return self.valid + self.bad


def conversation(name: str, number: int) -> str:
    """A line that no other file has."""
    messages = [
        {"role": "user", "content": f"{name}: what is {number} + {number}?"},
        {"role": "assistant", "content": f"That is {2 * number}. " + "It is twice the number. " * 5},
    ]
    return json.dumps(messages)


def known_file(name: str, lines: int) -> KnownFile:
    """A file of so many lines, of which every thousandth cannot be read."""
    bad = [number % 1000 == 999 for number in range(lines)]
    rows = ['{"cut off' if broken else conversation(name, number) for number, broken in enumerate(bad)]
    return KnownFile("\n".join(rows).encode() + b"\n", lines - sum(bad), sum(bad))
