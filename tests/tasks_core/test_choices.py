"""The multiple-choice tasks: ARC and MMLU, and the prompt that they share."""

from pathlib import Path
from typing import Any

import pytest

from tasks_core.arc import ARC
from tasks_core.common import render_mc
from tasks_core.errors import BadArgumentError, BadRowError, BadTypeError, NoEvaluationError
from tasks_core.mmlu import MMLU, SUBJECTS
from tests.tasks_core.small_hub import arc_rows, mmlu_rows, write_split


def test_render_mc_is_the_format_of_the_original() -> None:
    prompt = render_mc("What is the capital of France?", ("A", "B", "C", "D"), ["London", "Paris", "Berlin", "Madrid"])
    assert prompt == (
        "Multiple Choice question: What is the capital of France?\n"
        "- London=A\n- Paris=B\n- Berlin=C\n- Madrid=D\n\n"
        "Respond only with the letter of the correct answer."
    )


def test_render_mc_refuses_letters_that_do_not_fit() -> None:
    with pytest.raises(BadArgumentError, match="2 letters for 3 choices"):
        render_mc("?", "AB", ["x", "y", "z"])


def test_arc_has_the_labels_of_the_row(hub: Path) -> None:
    by_question = {row["question"]: row for row in arc_rows(45)}
    task = ARC("ARC-Easy", "train")
    assert len(task) == 45
    for conversation in task:
        user, assistant = conversation["messages"]
        row = by_question[user["content"].splitlines()[0].removeprefix("Multiple Choice question: ")]
        labels = row["choices"]["label"]
        assert list(conversation) == ["messages", "letters"]
        assert conversation["letters"] == labels
        assert user == {"role": "user", "content": render_mc(row["question"], labels, row["choices"]["text"])}
        assert assistant == {"role": "assistant", "content": row["answerKey"]}


def test_arc_compares_letters(hub: Path) -> None:
    task = ARC(subset="ARC-Challenge", split="test")
    assert task.eval_type == "categorical"
    for conversation in task:
        right = conversation["messages"][-1]["content"]
        scores = [task.evaluate(conversation, letter) for letter in conversation["letters"]]
        assert [type(score) for score in scores] == [int] * len(scores)
        assert scores == [int(letter == right) for letter in conversation["letters"]]


@pytest.mark.parametrize("response", ["", "E", "a", " A", "AB", "The answer is A"])
def test_a_response_that_is_no_letter_is_a_value_error(hub: Path, response: str) -> None:
    task = MMLU("all", "dev")
    with pytest.raises(ValueError, match="allowed: A, B, C, D"):
        task.evaluate(task[0], response)


def test_a_response_must_be_text_and_choices_have_no_reward(hub: Path) -> None:
    task = MMLU("all", "dev")
    with pytest.raises(BadTypeError, match="must be text, not int"):
        task.evaluate(task[0], 1)  # type: ignore[arg-type]
    with pytest.raises(NoEvaluationError, match="only generative"):
        task.reward(task[0], "A")


@pytest.mark.parametrize(("subset", "split"), [("all", "validation"), ("auxiliary_train", "train")])
def test_mmlu_has_subject_and_letters(hub: Path, subset: str, split: str) -> None:
    by_question = {row["question"]: row for row in mmlu_rows(40)}
    task = MMLU(subset, split)
    assert task.eval_type == "categorical"
    for conversation in task:
        user, assistant = conversation["messages"]
        row = by_question[user["content"].splitlines()[0].removeprefix("Multiple Choice question: ")]
        assert list(conversation) == ["messages", "subject", "letters"]
        assert conversation["subject"] == (row["subject"] if subset == "all" else "")
        assert conversation["letters"] == ("A", "B", "C", "D")
        assert user["content"] == render_mc(row["question"], "ABCD", row["choices"])
        assert assistant == {"role": "assistant", "content": "ABCD"[row["answer"]]}
        assert task.evaluate(conversation, assistant["content"]) == 1


def test_the_auxiliary_split_of_all_and_the_subset_are_the_same_rows(hub: Path) -> None:
    assert list(MMLU("all", "auxiliary_train")) == list(MMLU("auxiliary_train", "train"))


def test_a_subject_is_shown_in_the_order_of_all(hub: Path) -> None:
    everything = [conversation for conversation in MMLU("all", "test") if conversation["subject"] == "virology"]
    task = MMLU("all", "test", subject="virology")
    assert list(task) == everything
    assert [task[index] for index in range(len(task))] == everything
    assert list(MMLU("all", "test", subject="virology", start=2, step=3)) == everything[2::3]
    assert len(MMLU("all", "test", subject="marketing")) == 0


def test_there_are_57_subjects() -> None:
    assert len(SUBJECTS) == len(set(SUBJECTS)) == 57
    assert {"abstract_algebra", "anatomy", "astronomy", "world_religions"} < set(SUBJECTS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ARC("Easy", "train"), "subset is 'Easy'; allowed: ARC-Easy, ARC-Challenge"),
        (lambda: ARC("ARC-Easy", "dev"), "split is 'dev'; allowed: train, validation, test"),
        (lambda: ARC("ARC-Easy", None), "split is None; allowed"),  # type: ignore[arg-type]
        (lambda: MMLU("some", "test"), "subset is 'some'; allowed: all, auxiliary_train"),
        (lambda: MMLU("all", "train"), "split is 'train'; allowed: auxiliary_train, validation, dev, test"),
        (lambda: MMLU("auxiliary_train", "test"), "split is 'test'; allowed: train"),
        (lambda: MMLU("all", "test", subject="maths"), "subject is 'maths'; allowed: abstract_algebra, anatomy"),
        (lambda: MMLU("all", "auxiliary_train", subject="anatomy"), "the rows of auxiliary_train have no subject"),
        (lambda: MMLU(["all"], "test"), "subset is .'all'.; allowed"),  # type: ignore[arg-type]
    ],
)
def test_bad_parameters_name_the_allowed_ones(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answerKey": "F"}, "the answer 'F' is none of the labels"),
        ({"question": None}, "question is None, not text"),
        ({"choices": {"text": ["one"], "label": ["A", "B"]}, "answerKey": "A"}, "2 labels for 1 choices"),
        ({"choices": {"text": None, "label": ["A"]}, "answerKey": "A"}, "text is not a list of texts"),
    ],
)
def test_a_bad_row_of_arc_is_named(new_hub: Path, change: dict[str, Any], reason: str) -> None:
    write_split(new_hub, "allenai/ai2_arc", "ARC-Easy", "test", [arc_rows(2)[1] | change])
    with pytest.raises(BadRowError, match=f"allenai/ai2_arc ARC-Easy test, row 0 .example 0.: {reason}"):
        list(ARC("ARC-Easy", "test"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"choices": ["a", "b", "c"]}, "3 choices, not 4"),
        ({"answer": 4}, "the answer is 4, not 0 to 3"),
        ({"answer": None}, "the answer is None"),
    ],
)
def test_a_bad_row_of_mmlu_is_named(new_hub: Path, change: dict[str, Any], reason: str) -> None:
    write_split(new_hub, "cais/mmlu", "all", "dev", [mmlu_rows(1)[0] | change])
    with pytest.raises(BadRowError, match=f"cais/mmlu all dev, row 0 .example 0.: {reason}"):
        list(MMLU("all", "dev"))
