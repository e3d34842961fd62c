"""From a stored conversation to a question."""

from typing import Any

import pytest

from tests.factories import chat
from webapp.evals.asking.questions import Reply
from webapp.evals.prompting import can_be_asked, prompt_of, reference_of

pytestmark = pytest.mark.once

TOOLS: list[dict[str, Any]] = [
    {"role": "user", "content": "48 / 2?"},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "It is "},
            {"type": "python", "text": "48/2"},
            {"type": "python_output", "text": "24"},
            {"type": "text", "text": "24.\n#### 24"},
        ],
    },
]


def test_the_question_is_all_before_the_last_answer() -> None:
    messages = chat("one", "two", "three", "four")
    assert prompt_of(messages) == tuple(messages[:3])
    assert reference_of(messages) == "four"


def test_a_system_message_stays_one() -> None:
    system = {"role": "system", "content": "Be brief."}
    assert prompt_of([system, *chat("one", "two")]) == (system, {"role": "user", "content": "one"})


def test_typed_parts_are_lowered() -> None:
    assert reference_of(TOOLS) == "It is <<48/2=24>>24.\n#### 24"
    assert prompt_of([*TOOLS, *chat("And half?", "12")])[1]["content"] == "It is <<48/2=24>>24.\n#### 24"


@pytest.mark.parametrize("texts", [("one",), ("one", "two", "three")])
def test_what_has_no_answer_is_not_asked(texts: tuple[str, ...]) -> None:
    assert not can_be_asked(chat(*texts))
    with pytest.raises(ValueError, match="conversation"):
        prompt_of(chat(*texts))


def test_a_reply_is_stored_without_what_no_database_holds() -> None:
    assert Reply("a\0b\ud800c\U0001f600").storable().text == "a\ufffdb\ufffdc\U0001f600"
