"""Which grader scores a conversation, and what it says of an answer.

There are four: `letter` (the letter of a choice), `number` (the one behind `#### `), `exact` (the whole text), `code`
(a program that is run against the row's tests in the sandbox). Scores are those of tasks_core's `evaluate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tasks_core import humaneval
from tasks_core.answers import extract_answer, final_text, score_letter, score_number
from tasks_core.common import Conversation as TaskConversation
from tasks_core.common import Message
from tasks_core.sandbox import Outcome as CodeOutcome
from tasks_core.sandbox import choose_profile
from webapp.evals.asking.questions import Reply
from webapp.evals.extracting import find_letter, lenient_number, same_number
from webapp.evals.models import Outcome

LETTER, NUMBER, EXACT, CODE = "letter", "number", "exact", "code"
#: The graders of the tasks; conversations of other sources are scored by what they bring along.
OF_TASK = {
    "arc": LETTER,
    "mmlu": LETTER,
    "gsm8k": NUMBER,
    "spellingbee": NUMBER,
    "simplespelling": EXACT,
    "humaneval": CODE,
}
#: Tasks of which nothing can score any conversation.
UNSCORED = {"smoltalk"}
#: Columns hold so many characters.
SHORT, DETAIL = 100, 300


class Grade(NamedTuple):
    """What an answer is worth: the columns of EvalResult with the same names."""

    outcome: Outcome
    kind: str = ""
    detail: str = ""
    extracted: str = ""
    expected: str = ""
    lenient: str = ""
    lenient_right: bool | None = None


@dataclass(frozen=True)
class Scorer:
    """What scoring needs beside the conversation.

    `code_mode`: how programs are put together. `sandbox`: the profile that they must run in (the run's), "" for any.
    """

    code_mode: str = "nanochat"
    sandbox: str = ""


def grader_of(task: str, messages: Sequence[Message], metadata: Mapping[str, Any]) -> str:
    """The grader of a conversation; "" where nothing can score it.

    A task has its own. For uploads it is told by what a line brings along: `letters` of which the answer is one,
    `entry_point` and `test`, a number behind `#### `.
    """
    if len(messages) < 2 or messages[-1]["role"] != "assistant":
        return ""
    named = OF_TASK.get(task, "")
    if named == LETTER or (not named and "letters" in metadata):
        return LETTER if _letters(metadata) else ""
    if named == CODE or (not named and {"entry_point", "test"} <= metadata.keys()):
        texts = (metadata.get("entry_point"), metadata.get("test"))
        return CODE if all(isinstance(text, str) and text for text in texts) else ""
    if named or task in UNSCORED:
        return named
    return NUMBER if extract_answer(final_text({"messages": messages})) is not None else ""


def _letters(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    letters = metadata.get("letters")
    fits = isinstance(letters, list) and letters and all(isinstance(one, str) and one for one in letters)
    return tuple(letters) if fits and isinstance(letters, list) else ()


def letters_of(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The letters that a multiple-choice conversation allows, in its order."""
    return _letters(metadata)


def grade(grader: str, conversation: TaskConversation, reply: Reply, scorer: Scorer) -> Grade:
    """Score a reply. `conversation` is as a task gives it: `messages`, and `letters` or `entry_point` and `test`."""
    graded = _GRADERS[grader](conversation, reply, scorer)
    if reply.finish == "length" and grader != LETTER and graded.outcome in {Outcome.NO_ANSWER, Outcome.WRONG}:
        # A number that stands there was the answer; a text or a program that ends in the middle was none.
        if grader != NUMBER or not graded.extracted:
            graded = graded._replace(outcome=Outcome.CUT_OFF)
    return graded._replace(
        detail=graded.detail[:DETAIL],
        extracted=graded.extracted[:SHORT],
        expected=graded.expected[:SHORT],
        lenient=graded.lenient[:SHORT],
    )


def _grade_letter(conversation: TaskConversation, reply: Reply, _scorer: Scorer) -> Grade:
    expected = final_text(conversation)
    letters = conversation["letters"]
    given = reply.text if reply.text in letters else find_letter(reply.text, letters)
    if given is None or given not in letters:
        cut = reply.finish == "length" and bool(reply.text) and not reply.letters
        return Grade(Outcome.CUT_OFF if cut else Outcome.NO_ANSWER, expected=expected)
    right = score_letter(conversation, given)
    return Grade(Outcome.RIGHT if right else Outcome.WRONG, extracted=given, expected=expected)


def _grade_number(conversation: TaskConversation, reply: Reply, _scorer: Scorer) -> Grade:
    strict, expected = extract_answer(reply.text), extract_answer(final_text(conversation))
    lenient = lenient_number(reply.text)
    right = score_number(conversation, reply.text)
    outcome = Outcome.RIGHT if right else Outcome.WRONG if strict is not None else Outcome.NO_ANSWER
    return Grade(
        outcome,
        detail="" if expected is not None else "The stored answer has no number behind “#### ”.",
        extracted=strict or "",
        expected=expected or "",
        lenient=lenient or "",
        lenient_right=same_number(lenient, expected.rstrip(".") if expected else None),
    )


def _grade_exact(conversation: TaskConversation, reply: Reply, _scorer: Scorer) -> Grade:
    expected, given = final_text(conversation), reply.text.strip()
    outcome = Outcome.RIGHT if given == expected else Outcome.WRONG if given else Outcome.NO_ANSWER
    return Grade(outcome, extracted=given, expected=expected)


def _grade_code(conversation: TaskConversation, reply: Reply, scorer: Scorer) -> Grade:
    profile = choose_profile()
    if scorer.sandbox and profile.name != scorer.sandbox:
        # Scores of one run are made in one way.
        detail = f"This worker's sandbox is “{profile.name}”; the run's is “{scorer.sandbox}”."
        return Grade(Outcome.ERROR, kind="sandbox", detail=detail)
    verdict = humaneval.judge(conversation, reply.text, mode=scorer.code_mode)
    if verdict.outcome == CodeOutcome.INFRASTRUCTURE:
        return Grade(Outcome.ERROR, kind="sandbox", detail=verdict.detail)
    expected = conversation["entry_point"]
    if verdict.outcome == CodeOutcome.NO_CODE:
        return Grade(Outcome.NO_ANSWER, kind=str(verdict.outcome), detail=verdict.detail, expected=expected)
    said = _defining_line(humaneval.extract_program(reply.text), expected)
    if verdict.passed:
        return Grade(Outcome.RIGHT, extracted=said, expected=expected)
    return Grade(Outcome.WRONG, str(verdict.outcome), verdict.detail, extracted=said, expected=expected)


def _defining_line(program: str, name: str) -> str:
    """The line of a program that defines the function; where none does (it continues the prompt), its first."""
    lines = [line.strip() for line in program.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(f"def {name}(")), lines[0] if lines else "")


_GRADERS = {LETTER: _grade_letter, NUMBER: _grade_number, EXACT: _grade_exact, CODE: _grade_code}
