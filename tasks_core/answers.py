"""Answers: the number behind `#### `, the letter of a choice, and what both are compared with."""

import re

from tasks_core.checks import check_response
from tasks_core.common import Conversation
from tasks_core.errors import BadArgumentError

__all__ = ["extract_answer", "final_text", "score_letter", "score_number"]

NUMBER = re.compile(r"#### (-?[0-9.,]+)")


def extract_answer(text: str) -> str | None:
    """Return the number behind the first `#### ` without its commas, as text; None where there is none."""
    found = NUMBER.search(text)
    return found.group(1).replace(",", "") if found else None


def final_text(conversation: Conversation) -> str:
    """Return the text of the last message, or that of its last part."""
    content = conversation["messages"][-1]["content"]
    text: str = content if isinstance(content, str) else content[-1]["text"]
    return text


def score_number(conversation: Conversation, response: str) -> int:
    """Return 1 if the response gives the same number behind `#### ` as the stored answer, else 0."""
    given = extract_answer(check_response(response))
    return int(given is not None and given == extract_answer(final_text(conversation)))


def score_letter(conversation: Conversation, response: str) -> int:
    """Return 1 if the response is the letter of the right choice, else 0.

    Raises BadArgumentError (a ValueError) if it is none of the conversation's `letters`.
    """
    letters = conversation["letters"]
    if check_response(response) not in letters:
        raise BadArgumentError(f"the response is {response!r}; allowed: {', '.join(letters)}")
    return int(response == final_text(conversation))
