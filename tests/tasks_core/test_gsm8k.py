"""GSM8K: the parts of a solution, and the answer behind the marker."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_core.errors import BadArgumentError
from tasks_core.gsm8k import GSM8K, call_notation, extract_answer, split_answer

WENG = (
    "Weng earns 12/60 = $<<12/60=0.2>>0.2 per minute.\n"
    "Working 50 minutes, she earned 0.2 x 50 = $<<0.2*50=10>>10.\n#### 10"
)


def part(kind: str, text: str) -> dict[str, str]:
    return {"type": kind, "text": text}


def test_a_solution_becomes_parts() -> None:
    assert split_answer(WENG) == [
        part("text", "Weng earns 12/60 = $"),
        part("python", "12/60"),
        part("python_output", "0.2"),
        part("text", "0.2 per minute.\nWorking 50 minutes, she earned 0.2 x 50 = $"),
        part("python", "0.2*50"),
        part("python_output", "10"),
        part("text", "10.\n#### 10"),
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", [("text", "")]),
        ("<<1+1=2>>", [("text", ""), ("python", "1+1"), ("python_output", "2"), ("text", "")]),
        ("<<7>>x", [("text", ""), ("python", "7"), ("python_output", ""), ("text", "x")]),
        ("<<a=b=c>>", [("text", ""), ("python", "a=b"), ("python_output", "c"), ("text", "")]),
        ("<<a=>>", [("text", ""), ("python", "a"), ("python_output", ""), ("text", "")]),
        ("<<>>", [("text", "<<>>")]),
        ("a << b", [("text", "a << b")]),
    ],
)
def test_edges_of_the_notation(answer: str, expected: list[tuple[str, str]]) -> None:
    assert split_answer(answer) == [part(*pair) for pair in expected]


@given(st.text(alphabet="<>=ab1\n#", max_size=40))
def test_the_pieces_are_those_of_the_splitting(answer: str) -> None:
    pieces = re.split(r"(<<[^>]+>>)", answer)
    parts = split_answer(answer)
    assert [found["text"] for found in parts if found["type"] == "text"] == pieces[::2]
    assert len(parts) == len(pieces[::2]) + 2 * len(pieces[1::2])


@given(st.text(alphabet="<>=ab1\n", max_size=6), st.text(alphabet="<>=ab1\n", max_size=6))
def test_the_notation_of_a_call_gives_the_call_back(call: str, result: str) -> None:
    notation = call_notation(call, result)
    parts = [part("text", ""), part("python", call), part("python_output", result), part("text", "")]
    if notation is None:
        assert ">" in call + result or "=" in result
    else:
        assert split_answer(notation) == parts


def test_the_task_is_question_and_parts(hub: Path) -> None:
    task = GSM8K(subset="main", split="test")
    assert task.eval_type == "generative"
    for conversation in task.at([0, 1, 2]):
        assert list(conversation) == ["messages"]
        user, assistant = conversation["messages"]
        number = int(re.findall(r"\d+", user["content"])[0])
        assert [found["type"] for found in assistant["content"]] == [
            *("text", "python", "python_output") * 2,
            "text",
        ]
        assert assistant["content"][1] == part("python", f"{number}+2")
        assert assistant["content"][2] == part("python_output", str(number + 2))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("#### 10", "10"),
        ("so\n#### 1,234,567", "1234567"),
        ("#### -3.50 dollars", "-3.50"),
        ("#### 5.", "5."),
        ("#### 7\n#### 8", "7"),
        ("##### 9", "9"),
        ("#### $5\n#### 6", "6"),
        ("####  5", None),
        ("####5", None),
        ("#### --5", None),
        ("#### -", None),
        ("no marker 5", None),
        ("#### ,", ""),
        ("#### ٣", None),
        ("", None),
    ],
)
def test_the_answer_is_behind_the_first_marker(text: str, answer: str | None) -> None:
    assert extract_answer(text) == answer


def test_evaluation_compares_numbers_as_text(hub: Path) -> None:
    task = GSM8K("main", "train")
    conversation = next(found for found in task if found["messages"][-1]["content"][-1]["text"].endswith("#### 1,004"))
    assert task.evaluate(conversation, "I think\n#### 1004") == 1
    assert task.evaluate(conversation, "#### 1,004 and more") == 1
    assert task.reward(conversation, "#### 1,004") == 1.0
    for wrong in ("#### 1004.0", "#### 1005", "1004", ""):
        assert task.evaluate(conversation, wrong) == 0
        assert task.reward(conversation, wrong) == 0.0
    assert type(task.evaluate(conversation, "")) is int
    assert type(task.reward(conversation, "")) is float


def test_a_stored_answer_without_marker_is_never_matched() -> None:
    task = object.__new__(GSM8K)
    conversation = {"messages": [{"role": "assistant", "content": [part("text", "none")]}]}
    assert task.evaluate(conversation, "none") == 0
    assert task.evaluate(conversation, "#### 1") == 0


def test_a_lowered_answer_is_evaluated_too() -> None:
    task = object.__new__(GSM8K)
    assert task.evaluate({"messages": [{"role": "assistant", "content": WENG}]}, "#### 10") == 1


def test_bad_parameters_name_the_allowed_ones() -> None:
    with pytest.raises(BadArgumentError, match="subset is 'Main'; allowed: main, socratic"):
        GSM8K("Main", "train")
    with pytest.raises(BadArgumentError, match="split is 'validation'; allowed: train, test"):
        GSM8K("main", "validation")
