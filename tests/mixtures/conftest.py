"""What the tests of mixtures share."""

import pytest

from tests.factories import chat, make_source
from tests.mixtures.helpers import approved
from webapp.conversations.models import Source


@pytest.fixture
def sources() -> list[Source]:
    """Three sources, whose names sort by code point in another way than by words: B, a, ä."""
    made = [make_source(name) for name in ("a", "ä", "B")]
    for source, size in zip(made, (5, 3, 7), strict=True):
        for number in range(size):
            approved(source, chat(f"{source.name} {number}?", f"answer {number}"))
    return made
