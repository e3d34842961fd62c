"""Where a question stands in a run: what pages of questions begin behind, or end before."""

from typing import NamedTuple

from webapp.common.errors import BadRequest
from webapp.conversations.filters import BIGGEST_ID

MOST_SAMPLES = 32_767


class QuestionPlace(NamedTuple):
    """The place of a question: its conversation and its sample. In an address: "123-0"."""

    conversation: int
    sample: int

    def __str__(self) -> str:
        return f"{self.conversation}-{self.sample}"

    @classmethod
    def read(cls, text: str, name: str) -> "QuestionPlace":
        """What `str` gave, under this name of an address. Raises BadRequest."""
        parts = text.split("-")
        if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
            raise BadRequest(f"“{name}” must be two numbers with a hyphen between them, not “{text[:40]}”.")
        return cls(min(int(parts[0][:19]), BIGGEST_ID), min(int(parts[1][:5]), MOST_SAMPLES))


#: Before the first one.
BEGINNING = QuestionPlace(0, -1)
