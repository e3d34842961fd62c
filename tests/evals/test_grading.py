"""Which grader scores what, and what it says of an answer."""

from typing import Any

import pytest

from tests.factories import chat
from webapp.evals.asking.questions import Reply
from webapp.evals.grading import CODE, EXACT, LETTER, NUMBER, Scorer, grade, grader_of
from webapp.evals.models import Outcome

pytestmark = pytest.mark.once

ADD = {
    "messages": chat("def add(a, b):\n", "def add(a, b):\n    return a + b\n"),
    "entry_point": "add",
    "test": "def check(candidate):\n    assert candidate(2, 3) == 5\n",
}
APPLES = {"messages": chat("How many?", "2 + 2 = 4\n#### 1,004")}
CHOICE = {"messages": chat("Which?", "B"), "letters": ["A", "B", "C", "D"]}
WORD = {"messages": chat("Spell the word: cat", "cat:c,a,t")}


def graded(grader: str, conversation: dict[str, Any], text: str, **reply: Any) -> tuple[str, str, str]:
    found = grade(grader, conversation, Reply(text, **reply), Scorer())
    return str(found.outcome), found.extracted, found.kind


@pytest.mark.parametrize(
    ("task", "messages", "metadata", "grader"),
    [
        ("mmlu", CHOICE["messages"], {"letters": ["A", "B"]}, LETTER),
        ("arc", CHOICE["messages"], {}, ""),
        ("gsm8k", APPLES["messages"], {}, NUMBER),
        ("gsm8k", chat("How many?", "Edited by mistake: no number"), {}, NUMBER),
        ("spellingbee", APPLES["messages"], {}, NUMBER),
        ("simplespelling", WORD["messages"], {}, EXACT),
        ("humaneval", ADD["messages"], {"entry_point": "add", "test": "def check"}, CODE),
        ("humaneval", ADD["messages"], {"entry_point": "add"}, ""),
        ("smoltalk", APPLES["messages"], {}, ""),
        ("", APPLES["messages"], {}, NUMBER),
        ("", CHOICE["messages"], {"letters": ["A", "B"]}, LETTER),
        ("", CHOICE["messages"], {"letters": "AB"}, ""),
        ("", CHOICE["messages"], {"letters": [1, 2]}, ""),
        ("", ADD["messages"], {"entry_point": "add", "test": "def check"}, CODE),
        ("", ADD["messages"], {"entry_point": 1, "test": "x"}, ""),
        ("customjson", chat("Hello", "Hi"), {}, ""),
        ("", chat("Hello"), {}, ""),
        ("gsm8k", chat("How many?", "4", "Sure?"), {}, ""),
    ],
)
def test_who_scores_what(task: str, messages: list[dict[str, Any]], metadata: dict[str, Any], grader: str) -> None:
    assert grader_of(task, messages, metadata) == grader


@pytest.mark.parametrize(
    ("text", "reply", "outcome", "extracted"),
    [
        ("B", {}, "right", "B"),
        ("C", {}, "wrong", "C"),
        ("The answer is B", {}, "right", "B"),
        ("E", {}, "no_answer", ""),
        ("", {"letters": {}}, "no_answer", ""),
        ("B", {"letters": {"B": -0.1}, "finish": "length"}, "right", "B"),
        ("Let us think step by", {"finish": "length"}, "cut_off", ""),
    ],
)
def test_letters(text: str, reply: dict[str, Any], outcome: str, extracted: str) -> None:
    assert graded(LETTER, CHOICE, text, **reply)[:2] == (outcome, extracted)


@pytest.mark.parametrize(
    ("text", "reply", "outcome", "extracted"),
    [
        ("So #### 1004", {}, "right", "1004"),
        ("So #### 1,004", {}, "right", "1004"),
        ("So #### 5", {}, "wrong", "5"),
        ("#### 5 or #### 1004", {}, "wrong", "5"),
        ("It is 1004.", {}, "no_answer", ""),
        ("It is", {"finish": "length"}, "cut_off", ""),
        ("#### 5 because", {"finish": "length"}, "wrong", "5"),
        ("#### 1004 because", {"finish": "length"}, "right", "1004"),
    ],
)
def test_numbers(text: str, reply: dict[str, Any], outcome: str, extracted: str) -> None:
    assert graded(NUMBER, APPLES, text, **reply)[:2] == (outcome, extracted)


def test_the_lenient_rule_stands_beside_the_strict_one() -> None:
    found = grade(NUMBER, APPLES, Reply("It is 1,004.0 in all."), Scorer())
    assert (found.outcome, found.lenient, found.lenient_right) == (Outcome.NO_ANSWER, "1004.0", True)
    assert found.expected == "1004"


def test_a_reference_without_a_number_fails_its_own_grader() -> None:
    conversation = {"messages": chat("How many?", "four")}
    found = grade(NUMBER, conversation, Reply("four"), Scorer())
    assert found.outcome == Outcome.NO_ANSWER
    assert "no number" in found.detail


def test_whole_texts() -> None:
    assert graded(EXACT, WORD, " cat:c,a,t\n")[0] == "right"
    assert graded(EXACT, WORD, "cat:c,a,r,t")[0] == "wrong"
    assert graded(EXACT, WORD, "")[0] == "no_answer"
    assert graded(EXACT, WORD, "cat:c,", finish="length")[0] == "cut_off"


@pytest.mark.parametrize(
    ("text", "reply", "outcome", "kind"),
    [
        ("```python\ndef add(a, b):\n    return a + b\n```", {}, "right", ""),
        ("def add(a, b):\n    return a - b", {}, "wrong", "assertion"),
        ("def add(a, b):\n    return nothing", {}, "wrong", "exception"),
        ("import os\nos._exit(0)", {}, "wrong", "early_exit"),
        ("", {}, "no_answer", "no_code"),
        ("def add(a, b):\n    retu", {"finish": "length"}, "cut_off", "exception"),
    ],
)
def test_programs(text: str, reply: dict[str, Any], outcome: str, kind: str) -> None:
    found = graded(CODE, ADD, text, **reply)
    assert (found[0], found[2]) == (outcome, kind)


@pytest.mark.parametrize(
    ("text", "extracted"),
    [
        ("```python\nimport math\n\ndef add(a, b):\n    return a + b\n```", "def add(a, b):"),
        ("\ntotal = 3\nprint(total)", "total = 3"),
        ("I cannot say.", ""),
    ],
)
def test_a_program_is_known_by_its_function(text: str, extracted: str) -> None:
    found = grade(CODE, ADD, Reply(text), Scorer())
    assert (found.expected, found.extracted) == ("add", extracted)


def test_a_worker_with_another_sandbox_scores_nothing() -> None:
    found = grade(CODE, ADD, Reply("def add(a, b): return a + b"), Scorer(sandbox="another"))
    assert (found.outcome, found.kind) == (Outcome.ERROR, "sandbox")


def test_long_findings_fit_their_columns() -> None:
    found = grade(NUMBER, APPLES, Reply("#### " + "1" * 500), Scorer())
    assert len(found.extracted) == 100
