"""What find and replace does to one conversation."""

import threading
import time
from typing import Any

import pytest

from tests.factories import chat
from webapp.common.errors import JobFailed
from webapp.conversations.content.canonical import canonical_text
from webapp.conversations.finding import MOST_SEARCHED, LeftAlone, Replacer, Wanted


def replaced(text: str, find: str, replacement: str, **more: Any) -> str:
    """The text afterwards; also that the quick look agrees."""
    messages = chat(text, "-")
    replacer = Replacer(Wanted(find, replacement, **more))
    changed = replacer.replace(messages)  # type: ignore[arg-type]
    if changed is None:
        return text
    assert replacer.may_match(canonical_text(messages))  # type: ignore[arg-type]
    content = changed.messages[0]["content"]
    assert isinstance(content, str)
    return content


@pytest.mark.parametrize(
    ("text", "find", "replacement", "options", "after"),
    [
        ("a.b.c", ".", "-", {}, "a-b-c"),
        ("  x  ", "  ", " ", {}, " x "),
        ("Colour colour", "colour", "color", {"match_case": False}, "color color"),
        ("cat concat", "cat", "dog", {"whole_words": True}, "dog concat"),
        ("été étés", "été", "hiver", {"whole_words": True}, "hiver étés"),
        ("a\r\nb", "a\nb", "c\nd", {}, "c\r\nd"),
        ("a\nb", "\n", "", {}, "ab"),
        ('say "hi" \\ \t', '"hi" \\ \t', "'hi'", {}, "say 'hi'"),
        ("12 and 34", r"(\d)(\d)", r"\2\1", {"regex": True}, "21 and 43"),
        ("12", r"(?P<first>\d)", r"[\g<first>]", {"regex": True}, "[1][2]"),
        ("one\ntwo", "^", "> ", {"regex": True}, "> one\n> two"),
        ("a.b", ".", "x", {"regex": True}, "xxx"),
        ("a\\1", "a", "\\1", {}, "\\1\\1"),
        ("same", "same", "same", {}, "same"),
        ("🎉🎉", "🎉", "!", {}, "!!"),
    ],
)
def test_replacing(text: str, find: str, replacement: str, options: dict[str, Any], after: str) -> None:
    assert replaced(text, find, replacement, **options) == after


def test_an_expression_is_interrupted() -> None:
    replacer = Replacer(Wanted("(?:a|a)*b", "x", regex=True))
    begun = time.process_time()
    with pytest.raises(LeftAlone, match="slow"):
        replacer.replace(chat("a" * 60, "-"))  # type: ignore[arg-type]
    assert time.process_time() - begun < 10
    assert replaced("aab", "(?:a|a)*b", "x", regex=True) == "x"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a" * (MOST_SEARCHED + 1), Wanted("a", "b", regex=True)),
        ("a" * 50_000, Wanted("(?=(a*))a", "\\1" * 10, regex=True)),
        ("a" * 3_000, Wanted("a", "b" * 5_000)),
        ("a" * 3_000, Wanted("A", "b" * 5_000, match_case=False)),
    ],
)
def test_what_is_or_becomes_too_long_is_left_alone(text: str, wanted: Wanted) -> None:
    with pytest.raises(LeftAlone, match="long"):
        Replacer(wanted).replace(chat(text, "-"))  # type: ignore[arg-type]


def test_where_nothing_could_interrupt_it_no_expression_is_run() -> None:
    found: list[Exception] = []

    def work() -> None:
        try:
            Replacer(Wanted("a", "b", regex=True)).replace(chat("a", "a"))  # type: ignore[arg-type]
        except JobFailed as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(found) == 1
