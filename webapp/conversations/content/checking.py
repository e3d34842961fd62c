"""What is odd about a conversation: format issues (what CustomJSON cannot hold), and template tokens in its text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from webapp.conversations.content.shapes import TOOL_PARTS, Message, Part

# A leading system message and tool parts are no issues: an export lowers them.
ISSUES = {
    "one_message": "Only one message: a conversation needs a question and an answer",
    "two_system": "More than one system message",
    "system_in_middle": "A system message in the middle: it can only stand first",
    "assistant_first": "The assistant speaks first: the user has to begin",
    "same_role_twice": "The same role twice in a row",
    "ends_with_user": "Ends with the user: the last answer is missing",
    "empty_turn": "An empty turn",
    "tool_turn": "A tool turn of its own: what a tool answers is a part of the assistant's turn",
}


class Issue(NamedTuple):
    """A format issue and the index of the turn that it is at, from 0."""

    code: str
    turn: int

    @property
    def label(self) -> str:
        """The issue in words."""
        return ISSUES[self.code]


class Token(NamedTuple):
    """A template token in the text of a turn, whose index counts from 0."""

    token: str
    turn: int


def find_issues(messages: Sequence[Message]) -> list[Issue]:
    """All format issues, in the order of their turns."""
    issues = role_issues([message["role"] for message in messages])
    issues += [Issue("empty_turn", turn) for turn, message in enumerate(messages) if is_empty_turn(message)]
    return sorted(issues, key=lambda issue: issue.turn)


def role_issues(roles: Sequence[str]) -> list[Issue]:
    """The format issues that the order of the roles alone shows."""
    issues = list(_system_issues(roles))
    body = [(turn, role) for turn, role in enumerate(roles) if role != "system"]
    issues += [Issue("tool_turn", turn) for turn, role in body if role == "tool"]
    for (_, before), (turn, role) in pairwise(body):
        if role == before and role != "tool":
            issues.append(Issue("same_role_twice", turn))
    if len(body) < 2:
        issues.append(Issue("one_message", 0))
    if body and body[0][1] == "assistant":
        issues.append(Issue("assistant_first", body[0][0]))
    if body and body[-1][1] == "user":
        issues.append(Issue("ends_with_user", body[-1][0]))
    return issues


def _system_issues(roles: Sequence[str]) -> Iterator[Issue]:
    places = [turn for turn, role in enumerate(roles) if role == "system"]
    for turn in places:
        if turn > places[0]:
            yield Issue("two_system", turn)
        if turn and roles[turn - 1] != "system":
            yield Issue("system_in_middle", turn)


def issue_codes(issues: Iterable[Issue]) -> str:
    """The codes as they are stored: `,code,code,` in the order of ISSUES, each once; empty for none."""
    found = {issue.code for issue in issues}
    return f",{','.join(code for code in ISSUES if code in found)}," if found else ""


def split_codes(stored: str) -> list[str]:
    """The codes of a stored `,code,code,`."""
    return [code for code in stored.split(",") if code]


def is_customjson(messages: Sequence[Message]) -> bool:
    """Whether the messages are a CustomJSON line as they are: nothing to lower, nothing to mend."""
    plain = all(isinstance(message["content"], str) and message["role"] != "system" for message in messages)
    return plain and not find_issues(messages)


def has_tools(messages: Sequence[Message]) -> bool:
    """Whether any turn is a tool's or has a tool part."""
    return any(message["role"] == "tool" or _has_tool_part(message["content"]) for message in messages)


def _has_tool_part(content: str | list[Part]) -> bool:
    return not isinstance(content, str) and any(part["type"] in TOOL_PARTS for part in content)


def is_empty_turn(message: Message) -> bool:
    """Whether a turn says nothing: no text but white space, no tool part."""
    content = message["content"]
    if isinstance(content, str):
        return not content or content.isspace()
    return all(part["type"] not in TOOL_PARTS and not part["text"].strip() for part in content)


_TOKEN = re.compile(
    r"<\|[A-Za-z][\w.-]{0,60}\|>"  # <|im_end|>, <|assistant_start|>, <|eot_id|>, <|endoftext|>
    r"|<｜[\w▁.-]{1,60}｜>"  # (DeepSeek writes them with full-width bars)
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|\A<s>|</s>\Z"  # inside a text it is more likely HTML
)


_TOKEN_SIGNS = tuple(sign.encode() for sign in ("<|", "<｜", "<<", "_of_turn>", "<s>", "</s>"))


def may_have_tokens(data: bytes) -> bool:
    """A quick look at a canonical text: False is certain."""
    return b"INST]" in data or (b"<" in data and any(sign in data for sign in _TOKEN_SIGNS))


def find_tokens(messages: Sequence[Message]) -> tuple[Token, ...]:
    """The template tokens in the texts, each once for each turn that it is in."""
    found: dict[Token, None] = {}
    for turn, message in enumerate(messages):
        content = message["content"]
        for text in [content] if isinstance(content, str) else [part["text"] for part in content]:
            found.update((Token(token, turn), None) for token in _TOKEN.findall(text))
    return tuple(found)


PREVIEW_LENGTH = 160


def preview_of(text: str) -> str:
    """The beginning of a text on one line, cut at PREVIEW_LENGTH."""
    line = " ".join(text[: PREVIEW_LENGTH * 2].split())
    return line if len(line) <= PREVIEW_LENGTH else f"{line[: PREVIEW_LENGTH - 1].rstrip()}…"
