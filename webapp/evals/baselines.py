"""The endpoints that answer by themselves: the stored answer, and a seeded guess."""

import random
from collections.abc import Sequence

from tasks_core.common import Message
from webapp.evals.asking.questions import Reply
from webapp.evals.grading import LETTER
from webapp.evals.models import Adapter
from webapp.evals.prompting import reference_of


def baseline_reply(
    adapter: str, *, grader: str, messages: Sequence[Message], letters: Sequence[str], content_hash: bytes, seed: int
) -> Reply:
    """What a baseline answers.

    `reference` gives the stored answer. `chance` gives one of the letters, each as likely as the others, drawn by the
    seed and the conversation's content hash, so that every installation draws the same; elsewhere it says nothing.
    """
    if adapter == Adapter.REFERENCE:
        return Reply(reference_of(messages), finish="stop")
    if grader != LETTER:
        return Reply("", finish="stop")
    draw = random.Random(f"{seed}:{content_hash.hex()}")
    return Reply(draw.choice(list(letters)), finish="stop")
