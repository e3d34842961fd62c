"""What several tests of asking use."""

import time
from collections.abc import Mapping
from typing import Any

from webapp.evals.addresses import AddressPolicy
from webapp.evals.asking.asker import Asker
from webapp.evals.asking.questions import Failure, Question, Reply, Result
from webapp.evals.asking.waiting import Pace

#: This machine may be asked, as in the embedded default.
HERE = AddressPolicy(loopback=True)
#: A key that can be found again wherever it leaks; with characters that JSON and addresses write differently.
KEY = 'sk-"secret"/+0123456789'
#: Pauses between tries that a test can wait for.
QUICK = Pace(pause=0.02, longest_pause=0.1)


def question(text: str = "Which one?", **fields: Any) -> Question:
    """A question with one turn of the user."""
    return Question(({"role": "user", "content": text},), **fields)


def letters(text: str = "Which one?", **fields: Any) -> Question:
    """A multiple-choice question with four letters."""
    return question(text, **({"mode": "letters", "letters": tuple("ABCD")} | fields))


def ask_all(asker: Asker, questions: Mapping[int, Question], *, seconds: float = 60) -> dict[int, Result]:
    """Hand in everything, as room allows, until every result is there."""
    waiting = iter(questions.items())
    found: dict[int, Result] = {}
    deadline = time.monotonic() + seconds
    while len(found) < len(questions):
        for _ in range(max(asker.room(), 0 if asker.in_flight else 1)):
            pair = next(waiting, None)
            if pair is not None:
                asker.submit(*pair)
        for ticket, result in asker.take(0.2):
            if ticket in found:
                raise AssertionError(f"ticket {ticket} came back twice")
            found[ticket] = result
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(found)} of {len(questions)} results after {seconds:g} s")
    return found


def take_all(asker: Asker, *, seconds: float = 30) -> dict[int, Result]:
    """Everything that was handed in."""
    found: dict[int, Result] = {}
    deadline = time.monotonic() + seconds
    while asker.in_flight:
        found |= dict(asker.take(0.2))
        if time.monotonic() > deadline:
            raise TimeoutError(f"{asker.in_flight} results did not come within {seconds:g} s")
    return found


def reply_of(result: Result) -> Reply:
    """The result, which has to be an answer."""
    if not isinstance(result, Reply):
        raise AssertionError(f"no answer: {result}")
    return result


def failure_of(result: Result) -> Failure:
    """The result, which has to be a failure."""
    if not isinstance(result, Failure):
        raise AssertionError(f"no failure: {result}")
    return result
