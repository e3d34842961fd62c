"""Answers read out of generated text: letters, and numbers by the lenient rule."""

import pytest

from webapp.evals.extracting import find_letter, lenient_number, same_number

pytestmark = pytest.mark.once
ABCD = ("A", "B", "C", "D")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        (" b. ", "B"),
        ("(C)", "C"),
        ("**D**", "D"),
        ("$\\boxed{}$", None),
        ("The answer is B.", "B"),
        ("First I thought the answer is A. No: the answer is (C), because of gravity.", "C"),
        ("Answer: **B**", "B"),
        ("The correct answer is C because option B is not.", "C"),
        ("I choose option B", "B"),
        ("B) the mitochondrion", "B"),
        ("B. the mitochondrion", "B"),
        ("Let me think.\nIt moves.\nD", "D"),
        ("A cat is an animal.", None),
        ("It is either A or B.", None),
        ("I do not know.", None),
        ("Answer: Because of that", None),
        ("E", None),
        ("", None),
    ],
)
def test_the_letter_that_an_answer_names(text: str, letter: str | None) -> None:
    assert find_letter(text, ABCD) == letter


def test_letters_may_be_digits() -> None:
    assert find_letter("The answer is 3.", ("1", "2", "3", "4")) == "3"
    assert find_letter("33", ("1", "2", "3", "4")) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It is 12.\n#### 1,234", "1234"),
        ("#### 42.", "42"),
        ("so \\boxed{1,200} apples, not 7", "1200"),
        ("The answer is $18.50, as 2 and 3 show", "18.50"),
        ("Total: **72**", "72"),
        ("She has 3 apples and buys 4, which makes 7.", "7"),
        ("It is -5", "-5"),
        ("no number", None),
        ("", None),
    ],
)
def test_the_lenient_number(text: str, number: str | None) -> None:
    assert lenient_number(text) == number


def test_numbers_are_the_same_whatever_way_they_are_written() -> None:
    assert same_number("42", "42.0")
    assert not same_number("42", "43")
    assert not same_number(None, "42")
    assert not same_number("42", None)
    assert same_number("1.2.3", "1.2.3")
    assert not same_number("1.2.3", "1.2")
