"""SmolTalk: the rows' messages untouched, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from tasks_core.errors import BadArgumentError, BadRowError, NoEvaluationError
from tasks_core.smoltalk import SmolTalk
from tests.tasks_core.small_hub import smoltalk_rows, write_split

USER = {"content": "Hi", "role": "user"}
ASSISTANT = {"content": "Hello", "role": "assistant"}
SYSTEM = {"content": "Be kind", "role": "system"}


def test_messages_are_those_of_the_rows(hub: Path) -> None:
    conversations = list(SmolTalk(split="train"))
    assert [list(conversation) for conversation in conversations] == [["messages"]] * 50
    expected = [row["messages"] for row in smoltalk_rows(50)]
    assert sorted(map(str, (found["messages"] for found in conversations))) == sorted(map(str, expected))


def test_it_has_no_evaluation(hub: Path) -> None:
    task = SmolTalk("test")
    assert task.eval_type is None
    with pytest.raises(NoEvaluationError, match="SmolTalk has no evaluation"):
        task.evaluate(task[0], "")


def test_bad_parameters_name_the_allowed_ones() -> None:
    with pytest.raises(BadArgumentError, match="split is 'validation'; allowed: train, test"):
        SmolTalk("validation")


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "no messages"),
        (None, "no messages"),
        ([USER], "1 messages besides the system message, not at least 2"),
        ([SYSTEM, USER], "1 messages besides the system message, not at least 2"),
        ([ASSISTANT, USER], "turn 1 has the role 'assistant', not 'user'"),
        ([USER, USER], "turn 2 has the role 'user', not 'assistant'"),
        ([SYSTEM, SYSTEM, USER], "turn 1 has the role 'system', not 'user'"),
        ([USER, ASSISTANT, SYSTEM], "turn 3 has the role 'system', not 'user'"),
        ([USER, ASSISTANT | {"content": None}], "the content of turn 2 is None, not text"),
    ],
)
def test_a_bad_row_is_named(new_hub: Path, messages: Any, reason: str) -> None:
    row = {"messages": [USER, ASSISTANT, USER], "source": "x"}
    write_split(new_hub, "HuggingFaceTB/smol-smoltalk", "data", "test", [row, {"messages": messages, "source": "x"}])
    task = SmolTalk("test")
    place = "HuggingFaceTB/smol-smoltalk test, row 1 "
    errors = []
    for index in range(2):
        try:
            assert task[index] == {"messages": row["messages"]}
        except BadRowError as error:
            errors.append(str(error))
    assert len(errors) == 1
    assert errors[0].startswith(place)
    assert errors[0].endswith(f": {reason}")
