"""A message as safe HTML: its text as Markdown or as written, its tool parts as what they are."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from webapp.conversations.content.shapes import Message, Part, joined_text
from webapp.conversations.markup import Holder, code_block, hold_oddities, markdown, marked_text

# A longer text is shown as written: Markdown would hold up the page.
MOST_MARKDOWN = 30_000
# A longer text is shown only to here, with a link to the whole.
MOST_SHOWN = 60_000
# A longer turn is folded.
LONG_TURN = 8_000
# Code and output up to this length on one line stand inside the sentence.
SHORT_CODE = 80
LONG_PART_LINES, LONG_PART = 12, 800
# Whose texts are code in a conversation that is about code; a system message stays prose.
CODED_ROLES = ("user", "assistant")

PART_LABELS = {
    "text": "text",
    "python": "Python",
    "python_output": "output",
    "reasoning": "reasoning",
    "tool_call": "tool call",
    "tool_result": "tool result",
}


class Body(NamedTuple):
    """What is shown of a turn: the HTML, whether it is long, and whether there is more of it than is shown."""

    html: SafeString
    is_long: bool
    is_cut: bool
    characters: int


def language_of(metadata: str) -> str:
    """The language that the texts of a conversation are written in, by what stood beside them; empty for prose.

    HumanEval's texts, known by their `entry_point`, are Python, which Markdown would rob of its indentation.
    """
    beside = json.loads(metadata) if "entry_point" in metadata else {}
    return "python" if "entry_point" in beside else ""


def render_body(message: Message, *, language: str = "", as_written: bool = False, whole: bool = False) -> Body:
    """The content of a turn. `language`: its text is code in it, not Markdown (see `language_of`).

    `as_written`: neither code nor Markdown; `whole`: not cut, however long it is.
    """
    characters = len(joined_text(message["content"]))
    cut = characters > MOST_SHOWN and not whole
    content = message["content"]
    if cut:
        content = joined_text(content)[:MOST_SHOWN]
    if as_written or characters > MOST_MARKDOWN or message["role"] == "tool":
        html = _written(content)
    elif isinstance(content, str) and language and message["role"] in CODED_ROLES:
        html = _code(content, language)
    elif isinstance(content, str):
        html = _markdown(content)
    else:
        html = _parts(content)
    return Body(mark_safe(html), characters > LONG_TURN, cut, characters)  # noqa: S308 - escaped and cleaned there


def _code(text: str, language: str) -> str:
    holder = Holder()
    return code_block(_held(text, holder), language, holder)


def _markdown(text: str) -> str:
    holder = Holder()
    return markdown(_held(text, holder), holder)


def _held(text: str, holder: Holder) -> str:
    # A carriage return before a line feed would break the Markdown; as written it is shown.
    return hold_oddities(text.replace("\r\n", "\n"), holder)


def _written(content: str | list[Part]) -> str:
    if isinstance(content, str):
        return f'<div class="as-written">{marked_text(content)}</div>'
    return "".join(
        f'<div class="part"><span class="part-label">{PART_LABELS[part["type"]]}</span>'
        f'<div class="as-written">{marked_text(part["text"])}</div></div>'
        for part in content
    )


def _parts(parts: list[Part]) -> str:
    """Text with short code in the flow of the sentence; other parts as blocks between the paragraphs."""
    holder = Holder()
    html: list[str] = []
    flow: list[str] = []
    for piece in _joined(parts):
        if piece.is_block:
            html += [_flow(flow, holder), piece.html]
            flow = []
        elif piece.html:
            flow.append(holder.hold(piece.html))
        else:
            flow.append(_held(piece.text, holder))
    return "".join([*html, _flow(flow, holder)])


class _Piece(NamedTuple):
    text: str = ""
    html: str = ""
    is_block: bool = False


def _joined(parts: list[Part]) -> Iterator[_Piece]:
    """The pieces of a turn in order, each piece of code together with the output that follows it."""
    follows = {index + 1 for index, (one, two) in enumerate(pairwise(parts)) if _belong_together(one, two)}
    for index, part in enumerate(parts):
        if index in follows:
            continue
        output = parts[index + 1] if index + 1 in follows else None
        if part["type"] == "text":
            yield _Piece(text=part["text"])
        elif part["type"] == "python" and _is_short(part) and (output is None or _is_short(output)):
            yield _Piece(html=_inline_code(part, output))
        else:
            yield _Piece(html=_block(part, output), is_block=True)


def _belong_together(one: Part, two: Part) -> bool:
    return (one["type"], two["type"]) in (("python", "python_output"), ("tool_call", "tool_result"))


def _is_short(part: Part) -> bool:
    return len(part["text"]) <= SHORT_CODE and "\n" not in part["text"].strip("\n")


def _flow(flow: list[str], holder: Holder) -> str:
    text = "".join(flow)
    return markdown(text, holder) if text.strip() else ""


def _inline_code(code: Part, output: Part | None) -> str:
    html = f'<code class="tool-code" title="Python code">{marked_text(code["text"])}</code>'
    if output is not None:
        html += '<span class="tool-arrow" aria-label="gives">→</span>'
        html += f'<code class="tool-output" title="its output">{marked_text(output["text"])}</code>'
    return f'<span class="tool-inline">{html}</span>'


def _block(part: Part, output: Part | None) -> str:
    html = _folded(part)
    if output is not None:
        html += _folded(output)
    return f'<div class="tool-block tool-{part["type"].replace("_", "-")}">{html}</div>'


def _folded(part: Part) -> str:
    text = part["text"]
    name, body = _part_body(part)
    is_open = text.count("\n") < LONG_PART_LINES and len(text) <= LONG_PART
    label = PART_LABELS[part["type"]] + (f" · {escape(name)}" if name else "")
    size = "" if is_open else f' <span class="muted">{len(text):,} characters</span>'
    return f"<details{' open' if is_open else ''}><summary>{label}{size}</summary>{body}</details>"


def _part_body(part: Part) -> tuple[str, str]:
    """What stands beside the label, and the body."""
    holder, text = Holder(), part["text"]
    match part["type"]:
        case "reasoning":
            return "", f'<div class="reasoning">{markdown(_held(text, holder), holder)}</div>'
        case "python":
            return "", code_block(hold_oddities(text, holder), "python", holder)
        case "tool_call":
            name, arguments = _call(text)
            return name, code_block(hold_oddities(arguments, holder), "json" if name else "", holder)
        case _:
            return "", code_block(hold_oddities(text, holder), "", holder)


def _call(text: str) -> tuple[str, str]:
    """The name and the arguments of a tool call, laid out; the text itself where it is no such JSON."""
    try:
        call = json.loads(text)
        name, arguments = call["name"], call["arguments"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", text
    shown = arguments if isinstance(arguments, str) else json.dumps(arguments, indent=2, ensure_ascii=False)
    return str(name), shown
