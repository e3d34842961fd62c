"""CustomJSON: conversations of your own, in a JSONL file.

A line is a JSON array of messages, at least two, user first and then in turn; blank lines are skipped:

    [{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]
    [{"role":"user","content":"Another conversation"},{"role":"assistant","content":"Yes"}]
"""

import hashlib
import json
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tasks_core.common import Conversation, Message, Task
from tasks_core.errors import BadLineError, TasksCoreError
from tasks_core.linefile import LineFile
from tasks_core.plainlines import is_plain_line

__all__ = ["CustomJSON", "Problem", "check_line", "check_messages", "parse_line"]

ROLES = ("user", "assistant")


class Problem(NamedTuple):
    """A line (from 1) that is not a conversation, and why."""

    line: int
    reason: str


class CustomJSON(Task):
    """The conversations of a file, in file order.

    Every line is checked at once: raises BadLineError for the first bad one (`check` finds all of them), and
    MissingFileError without a file. Then lines are read when they are asked for; 16 bytes are kept for each.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        *,
        start: int | None = 0,
        stop: int | None = None,
        step: int | None = 1,
    ) -> None:
        super().__init__(start=start, stop=stop, step=step)
        self.filepath = os.fspath(filepath)
        self._file = LineFile(self.filepath)
        self._offsets = array("Q")
        self._sizes = array("Q")
        self._find_conversations()

    def _find_conversations(self) -> None:
        for number, offset, content in self._file:
            try:
                blank = not is_plain_line(content) and parse_line(content) is None
            except LineProblem as problem:
                raise BadLineError(self.filepath, number, str(problem)) from None
            if not blank:
                self._offsets.append(offset)
                self._sizes.append(len(content))

    @property
    def fingerprint(self) -> str:
        """`sha256:` of the file as it is now."""
        with Path(self.filepath).open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"

    def num_examples(self) -> int:
        """Return how many lines are not blank."""
        return len(self._offsets)

    def get_example(self, index: int) -> Conversation:
        """Return the messages of a line as they are, other keys included."""
        content = self._file.read(self._offsets[index], self._sizes[index])
        return {"messages": json.loads(content.decode())}

    @staticmethod
    def check(path: str | os.PathLike[str]) -> Iterator[Problem]:
        """Yield every problem in the file at `path`, in file order; nothing if CustomJSON takes the file."""
        for number, _, content in LineFile(path):
            reason = check_line(content)
            if reason is not None:
                yield Problem(number, reason)


class LineProblem(TasksCoreError, ValueError):
    """Why a line is not a conversation, without saying which line."""


def check_line(content: bytes) -> str | None:
    """Return why a line of a file is not one that CustomJSON takes; None if it is one, or blank."""
    if is_plain_line(content):
        return None
    try:
        parse_line(content)
    except LineProblem as problem:
        return str(problem)
    return None


def parse_line(content: bytes) -> list[Message] | None:
    """Return the messages of a line, None if it is blank; raise LineProblem if it is neither."""
    try:
        text = content.decode().strip()
    except UnicodeDecodeError as error:
        raise LineProblem(f"not UTF-8 text (byte {error.start + 1} of the line)") from None
    if not text:
        return None
    messages = _parse_json(text)
    reason = check_messages(messages)
    if reason is not None:
        raise LineProblem(reason)
    return messages


def _parse_json(text: str) -> list[Message]:
    """Return what the JSON text says, whatever that is: the caller checks it."""
    if text.startswith("\ufeff"):
        raise LineProblem("starts with a byte order mark; save the file as UTF-8 without one")
    try:
        value: list[Message] = json.loads(text)
    except json.JSONDecodeError as error:
        raise LineProblem(f"not JSON: {error.msg.removesuffix(' at')} (character {error.pos + 1})") from None
    except RecursionError:
        raise LineProblem("nested too deep") from None
    except ValueError as error:  # a number with more digits than Python converts
        raise LineProblem(f"not readable: {error}") from None
    return value


def check_messages(messages: object) -> str | None:
    """Return why `messages` break the rules of CustomJSON, None if they keep them.

    The rules: a list of at least two messages; user first, then strictly in turn; each with a `role` and
    with a `content` that is text.
    """
    if not isinstance(messages, list):
        return f"not a list of messages but {_kind(messages)}"
    if len(messages) < 2:
        return f"{len(messages)} messages; at least 2 are needed"
    for number, message in enumerate(messages):
        role = ROLES[number % 2]
        if type(message) is dict and message.get("role") == role and isinstance(message.get("content"), str):
            continue
        return f"message {number + 1}: {_message_problem(message, role)}"
    return None


def _message_problem(message: object, role: str) -> str:
    if not isinstance(message, dict):
        return f"not an object but {_kind(message)}"
    for key in ("role", "content"):
        if key not in message:
            return f"no {key}"
    if message["role"] != role:
        return f"the role is {message['role']!r} where {role!r} is due"
    return f"the content is {_kind(message['content'])}, not text"


def _kind(value: object) -> str:
    """Name a JSON value for people."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number"}
    return names.get(type(value), f"something of type {type(value).__name__}")
