"""Finding a text in the turns of a conversation and putting another in its place.

A regular expression may need longer than the universe lasts. So each conversation gets a second of the processor's
time: a timer of the process interrupts the matching (Python's engine looks for signals on its way), and a text may be
only so long, because between two such looks the engine may go through the whole of it. Both together stop any
expression within about two seconds; a job that meets several such conversations ends.
"""

import re
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any, NamedTuple, Self

from webapp.common.errors import BadRequest, JobFailed
from webapp.conversations.content.canonical import compact_json
from webapp.conversations.content.shapes import ROLES, Message, Part

MOST_FIND, MOST_EXPRESSION, MOST_REPLACEMENT = 10_000, 500, 10_000
#: A longer text is not searched by an expression; none may become longer than the second.
MOST_SEARCHED, MOST_CHARACTERS = 100_000, 2_000_000
SECONDS = 1.0


class LeftAlone(Exception):
    """Nothing is replaced in this conversation. `reason` is a key of WHY_LEFT."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


EMPTY, SLOW, LONG, SINCE = "empty", "slow", "long", "since"
WHY_LEFT = {
    EMPTY: "a turn would have no text left",
    SLOW: f"the expression took more than {SECONDS:g} s",
    LONG: f"too long (over {MOST_SEARCHED:,} characters for an expression, or over {MOST_CHARACTERS:,} afterwards)",
    SINCE: "changed by somebody since the preview",
}


@dataclass(frozen=True)
class Wanted:
    """What to look for, what to put there, and in the turns of which roles."""

    find: str
    replacement: str
    roles: tuple[str, ...] = ROLES
    match_case: bool = True
    whole_words: bool = False
    regex: bool = False

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(**(saved | {"roles": tuple(saved["roles"])}))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the parameters of a job."""
        return asdict(self) | {"roles": list(self.roles)}

    def options(self) -> str:
        """How it is looked for, in words."""
        words = ["regular expression" if self.regex else "exact text"]
        words.append("upper and lower case differ" if self.match_case else "upper and lower case are the same")
        return ", ".join([*words, "whole words"] if self.whole_words else words)


class Place(NamedTuple):
    """Where something is found in a text, and what comes there."""

    start: int
    end: int
    text: str


class Changed(NamedTuple):
    """The messages afterwards, and how many places have changed in them."""

    messages: list[Message]
    places: int


class Replacer:
    """Does what is wanted to one conversation after the other. Raises BadRequest for an expression that is none."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._pattern = compile_pattern(wanted)
        self._plain = wanted.match_case and not (wanted.whole_words or wanted.regex or "\n" in wanted.find)
        self._sign = _sign_of(wanted)

    def may_match(self, stored: str) -> bool:
        """A quick look at a conversation's stored text: False is certain."""
        return self._sign in stored

    def replace(self, messages: Sequence[Message]) -> Changed | None:
        """The messages with everything replaced; None where nothing changes. Raises LeftAlone."""
        if not self.wanted.regex:
            return self._replaced(messages)
        with time_limit():
            return self._replaced(messages)

    def places(self, text: str) -> list[Place]:
        """All places of a text that change, in order. Raises LeftAlone."""
        if self.wanted.regex and len(text) > MOST_SEARCHED:
            raise LeftAlone(LONG)
        found: list[Place] = []
        room = MOST_CHARACTERS - len(text)
        written = self._written(text)
        for match in self._pattern.finditer(text):
            new = match.expand(written) if self.wanted.regex and "\\" in written else written
            room -= len(new) - len(match[0])
            if room < 0:
                raise LeftAlone(LONG)
            if new != match[0]:
                found.append(Place(match.start(), match.end(), new))
        return found

    def _replaced(self, messages: Sequence[Message]) -> Changed | None:
        total, changed = 0, list(messages)
        for index, message in enumerate(messages):
            if message["role"] in self.wanted.roles:
                content, places = self._content(message["content"])
                if places:
                    changed[index] = {"role": message["role"], "content": content}
                    total += places
        return Changed(changed, total) if total else None

    def _content(self, content: str | list[Part]) -> tuple[str | list[Part], int]:
        if isinstance(content, str):
            return self._text(content)
        texts = [self._text(part["text"]) for part in content]
        parts: list[Part] = [
            {"type": part["type"], "text": text} for part, (text, _) in zip(content, texts, strict=True)
        ]
        return parts, sum(places for _, places in texts)

    def _text(self, text: str) -> tuple[str, int]:
        if not self._plain:
            places = self.places(text)
            return (put_in(text, places), len(places)) if places else (text, 0)
        find, new = self.wanted.find, self.wanted.replacement
        count = text.count(find) if find != new else 0
        if count and len(text) + count * (len(new) - len(find)) > MOST_CHARACTERS:
            raise LeftAlone(LONG)
        return (text.replace(find, new), count) if count else (text, 0)

    def _written(self, text: str) -> str:
        """The replacement with the line ends of the text that it comes into: a form knows only one kind."""
        new = self.wanted.replacement
        return new.replace("\n", "\r\n") if "\n" in new and "\r\n" in text and not self.wanted.regex else new


def put_in(text: str, places: Sequence[Place]) -> str:
    """The text with its places changed."""
    pieces, at = [], 0
    for place in places:
        pieces += [text[at : place.start], place.text]
        at = place.end
    return "".join([*pieces, text[at:]])


def compile_pattern(wanted: Wanted) -> re.Pattern[str]:
    """The pattern of what is wanted. Raises BadRequest for an expression or a replacement that is none."""
    # A browser sends a line end as one sign; a text may have two there.
    source = wanted.find if wanted.regex else re.escape(wanted.find).replace("\\\n", "\r?\n")
    if not wanted.find or len(wanted.find) > (MOST_EXPRESSION if wanted.regex else MOST_FIND):
        raise BadRequest(f"Say what to find, in at most {MOST_EXPRESSION if wanted.regex else MOST_FIND:,} characters.")
    if wanted.whole_words:
        source = rf"(?<!\w)(?:{source})(?!\w)"
    try:
        pattern = re.compile(source, (0 if wanted.match_case else re.IGNORECASE) | re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadRequest(f"This is not a regular expression: {error}.") from None
    _check_replacement(pattern, wanted)
    return pattern


def _check_replacement(pattern: re.Pattern[str], wanted: Wanted) -> None:
    if not wanted.regex:
        return
    try:
        pattern.sub(wanted.replacement, "")  # reads the replacement before it looks for anything
    except (re.error, IndexError) as error:
        raise BadRequest(f"The replacement cannot be used: {error}.") from None


def _sign_of(wanted: Wanted) -> str:
    """What stands in every stored text that can match: the longest line of a text that is looked for as it is."""
    if wanted.regex or not wanted.match_case:
        return ""
    return max((compact_json(line)[1:-1] for line in wanted.find.split("\n")), key=len)


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise LeftAlone when what is inside takes longer than SECONDS of the processor's time.

    Only the main thread of a process hears signals; a worker's processes work there.
    """
    if threading.current_thread() is not threading.main_thread():
        raise JobFailed("Regular expressions need a worker made of processes, because only there they can be stopped.")
    inside = True

    def ring(_number: int, _frame: FrameType | None) -> None:
        if inside:
            raise LeftAlone(SLOW)

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        inside = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
