"""Reading an answer out of a generated text: the letter of a choice, and a number by a lenient rule.

The strict number, the one behind `#### `, is read by tasks_core.
"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from tasks_core.answers import extract_answer

NUMBER = r"-?\$?\d[\d,]*(?:\.\d+)?"
_BOXED = re.compile(r"\\boxed\{\s*(" + NUMBER + r")\s*\\?%?\s*\}")
_STATED = re.compile(r"(?:answer|result|total)\s*(?:is|=|:)[\s*$\\(]*(" + NUMBER + ")", re.IGNORECASE)
_ANY = re.compile(NUMBER)


def lenient_number(text: str) -> str | None:
    """The number that a person would take as the answer, or None.

    In this order: the one behind `#### `; the last `\\boxed{...}`; the last behind "the answer is", "total:" or the
    like; the last number of the text. Thousands separators, a dollar sign and a full stop behind it are not part of it.
    """
    strict = extract_answer(text)
    if strict is not None:
        return strict.rstrip(".")
    for pattern in (_BOXED, _STATED, _ANY):
        found = pattern.findall(text)
        if found:
            return str(found[-1]).replace(",", "").replace("$", "")
    return None


def same_number(one: str | None, other: str | None) -> bool:
    """Equal as numbers: "42" and "42.0" are; texts that are no numbers are compared as they are."""
    if one is None or other is None:
        return False
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return one == other


def find_letter(text: str, letters: Sequence[str]) -> str | None:
    """The letter of the choice that a generated answer names, or None where it names none, or not clearly.

    In this order: the whole answer is the letter, perhaps in brackets or with a full stop; the last "answer is B" or
    "Answer: (B)"; the last "choice B" or "option B"; a letter at the start, set off as in "B) because" or "**B**"; one
    letter alone on the last line.
    """
    alone = "|".join(re.escape(letter) for letter in letters)
    marks = r"[\s*_`\"'()\[\]{}.:=\\$-]*"
    whole = re.fullmatch(rf"{marks}({alone}){marks}", text, re.IGNORECASE)
    if whole:
        return _as_listed(whole.group(1), letters)
    for noun in ("answer", "choice|option"):
        stated = re.findall(rf"(?i:{noun})(?:\s+(?i:is|would be))?{marks}({alone})(?![\w'])", text)
        if stated:
            return str(stated[-1])
    start = re.match(rf"[\s*_`(\[]*({alone})(?:[).:\]*]|\s*\n|\s+-|\s*$)", text)
    if start:
        return start.group(1)
    last = text.strip().rsplit("\n", 1)[-1]
    end = re.fullmatch(rf"{marks}({alone}){marks}", last)
    return end.group(1) if end else None


def _as_listed(found: str, letters: Sequence[str]) -> str:
    return next((letter for letter in letters if letter == found), found.upper())
