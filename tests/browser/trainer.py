"""What a trainer should get out of the mixture of these tests, worked out by tasks_core alone, and the check of it."""

import json
from collections.abc import Sequence
from pathlib import Path

from tasks_core.common import Conversation, Task, TaskMixture
from tasks_core.customjson import CustomJSON
from tasks_core.gsm8k import GSM8K
from tasks_core.lowering import Lowered, lower
from tests.browser.made_files import FRUIT, Messages, own_messages
from tests.browser.stand import Stand


class Lines(Task):
    """Conversations that are at hand, as a task."""

    def __init__(self, conversations: Sequence[Messages]) -> None:
        super().__init__()
        self._conversations = conversations

    def num_examples(self) -> int:
        """How many there are."""
        return len(self._conversations)

    def get_example(self, index: int) -> Conversation:
        """The conversation at `index`."""
        conversation: Conversation = {"messages": self._conversations[index]}
        return conversation


def lowered(conversations: Sequence[Messages]) -> Lines:
    """Conversations as an export with the default choices writes them."""
    results = [lower(messages) for messages in conversations]
    return Lines([result.messages for result in results if isinstance(result, Lowered)])


def expected_lines(answer: str) -> list[Messages]:
    """Rows 5 to 25 of GSM8K twice, the fruit, and the second conversation of our own with its new answer, mixed."""
    problems = [one["messages"] for one in GSM8K("main", "train", start=5, stop=25)]
    fruit = [[{"role": role, "content": text} for role, text in turns] for turns in FRUIT]
    own = [own_messages(2)[0], {"role": "assistant", "content": answer}]
    return [one["messages"] for one in TaskMixture([lowered(problems), lowered(problems), lowered([*fruit, own])])]


def check_the_file(file: Path, expected: list[Messages], stand: Stand) -> None:
    assert [one["messages"] for one in CustomJSON(file)] == expected
    assert [json.loads(line) for line in file.read_text().splitlines()] == expected
    assert "is what its manifest says" in stand.manage("verify", str(file))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    refused = stand.manage("verify", str(file), check=False)
    assert "is what its manifest says" not in refused
    assert "SHA-256" in refused
