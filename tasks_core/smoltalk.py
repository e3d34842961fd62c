"""SmolTalk: general conversations of several turns, some with a system message; 460,000 and 24,000 of them.

https://huggingface.co/datasets/HuggingFaceTB/smol-smoltalk (Apache-2.0). A row, shortened:

    {"messages": [{"content": "Hi there", "role": "user"},
                  {"content": "Hello! How can I help you today?", "role": "assistant"}],
     "source": "everyday-conversations"}
"""

from collections.abc import Sequence

from tasks_core.checks import check_choice
from tasks_core.common import Conversation, Message
from tasks_core.errors import BadRowError
from tasks_core.hub import HubSource, HubTask, Row

__all__ = ["SmolTalk"]

PATH = "HuggingFaceTB/smol-smoltalk"
SPLITS = ("train", "test")
ROLES = ("user", "assistant")


class SmolTalk(HubTask):
    """Conversations as they are in the dataset: at most one system message, then user and assistant in turn."""

    def __init__(
        self,
        split: str,
        *,
        start: int | None = 0,
        stop: int | None = None,
        step: int | None = 1,
    ) -> None:
        check_choice("split", split, SPLITS)
        source = HubSource(PATH, None, folder="data", split=split)
        super().__init__(source, ("messages",), start=start, stop=stop, step=step)

    def conversation(self, row: Row) -> Conversation:
        """Return the row's messages, untouched."""
        messages = row["messages"]
        if not messages:
            raise BadRowError("no messages")
        with_system = messages[0]["role"] == "system"
        _check_turns(messages[1:] if with_system else messages)
        return {"messages": messages}


def _check_turns(turns: Sequence[Message]) -> None:
    if len(turns) < 2:
        raise BadRowError(f"{len(turns)} messages besides the system message, not at least 2")
    for number, turn in enumerate(turns):
        if turn["role"] != ROLES[number % 2]:
            raise BadRowError(f"turn {number + 1} has the role {turn['role']!r}, not {ROLES[number % 2]!r}")
        if not isinstance(turn["content"], str):
            raise BadRowError(f"the content of turn {number + 1} is {turn['content']!r}, not text")
