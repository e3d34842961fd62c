"""Markdown, code and math as safe HTML; what cannot be seen in a text as visible marks.

A text goes through Markdown with single characters of a private area standing in for finished pieces of HTML (marks,
code, math, tool calls). The result is cleaned by an allow-list, and only then are the pieces put in their places.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import escape
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from webapp.conversations.content.checking import find_tokens
from webapp.conversations.content.oddities import find_oddities

# Colouring longer code, or typesetting longer formulas, would hold up the page.
MOST_CODE = 20_000
MOST_MATH = 4_000

_FIRST, _LAST = 0xF0000, 0xFFFFD
_HELD = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_TAG_OR_HELD = re.compile(f'<[^<>"]*(?:"[^"]*"[^<>"]*)*>|[{chr(_FIRST)}-{chr(_LAST)}]')
_BRACKET_MATH = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)

_TAGS = {
    "p", "br", "strong", "em", "s", "h3", "ul", "ol", "li", "blockquote", "hr", "code",
    "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
_MATH_TAGS = {
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mlabeledtr",
    "mstyle", "mpadded", "mphantom", "menclose", "merror",
}  # fmt: skip
_MATH_ATTRIBUTES = {
    "*": {"mathvariant", "displaystyle", "scriptlevel"},
    "math": {"display"},
    "mo": {"stretchy", "fence", "separator", "form", "accent", "minsize", "maxsize", "lspace", "rspace"},
    "mspace": {"width", "linebreak"},
    "mfrac": {"linethickness"},
    "mtable": {"columnalign", "rowspacing", "columnspacing", "columnlines", "rowlines"},
    "mtd": {"columnalign"},
    "munder": {"accentunder"},
    "mover": {"accent"},
    "menclose": {"notation"},
}


class Holder:
    """Keeps pieces of finished HTML, each under one character that can go through Markdown."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._known: dict[str, str] = {}

    def hold(self, html: str) -> str:
        """The character that stands for `html`; the same one for the same piece."""
        if html not in self._known:
            if len(self._pieces) > _LAST - _FIRST:
                return ""
            self._known[html] = chr(_FIRST + len(self._pieces))
            self._pieces.append(html)
        return self._known[html]

    def fill(self, html: str) -> str:
        """Put the pieces in their places; none inside a tag."""
        return _TAG_OR_HELD.sub(self._piece, html)

    def text(self, held: str) -> str:
        """A text with stand-ins, escaped and filled."""
        return self.fill(escape(held))

    def _piece(self, match: re.Match[str]) -> str:
        found = match[0]
        if found[0] == "<":
            return _HELD.sub("", found)
        number = ord(found) - _FIRST
        return self._pieces[number] if number < len(self._pieces) else ""


def hold_oddities(text: str, holder: Holder) -> str:
    """The text with a stand-in for each template token and each character that cannot be seen."""
    text = _HELD.sub(lambda match: holder.hold(_mark(f"U+{ord(match[0]):X}", "private use character")), text)
    for token, _ in find_tokens([{"role": "user", "content": text}]):
        text = text.replace(token, holder.hold(_mark(token, "template token", "mark token")))
    return "".join(_with_marks(text, holder))


def marked_text(text: str) -> str:
    """The text as it is written, escaped, with its oddities as marks."""
    holder = Holder()
    return holder.text(hold_oddities(text, holder))


def markdown(held: str, holder: Holder) -> str:
    """Safe HTML of Markdown whose oddities are held already (see `hold_oddities`)."""
    html: str = _parser.render(held, {"holder": holder})
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return holder.fill(cleaned)


def code_block(held: str, language: str, holder: Holder) -> str:
    """Code in its colours, where the language is known and the code is not too long."""
    lexer = _lexer(language.lower()) if language and len(held) <= MOST_CODE else None
    coloured = highlight(held, lexer, _formatter) if lexer else escape(held)
    return f'<pre class="code"><code>{holder.fill(coloured)}</code></pre>'


def math(source: str, holder: Holder, *, block: bool) -> str:
    """MathML of a LaTeX formula; the formula as code where it cannot be typeset."""
    display = "block" if block else "inline"
    try:
        if len(source) > MOST_MATH or _HELD.search(source):
            raise ValueError
        # The converter does not escape what it puts into its elements.
        mathml = convert(source.replace("<", r"\lt ").replace(">", r"\gt "), display=display)
    except Exception:  # the converter lets whatever it stumbles over through
        return f'<code class="math-source">{holder.text(source)}</code>'
    cleaned = nh3.clean(mathml, tags=_MATH_TAGS, attributes=_MATH_ATTRIBUTES, link_rel=None)
    return f'<span class="math math-{display}">{cleaned}</span>'


def _with_marks(text: str, holder: Holder) -> Iterable[str]:
    done = 0
    for oddity in find_oddities(text):
        yield text[done : oddity.position]
        yield holder.hold(_mark(oddity.code, oddity.name))
        done = oddity.position + 1
    yield text[done:]


def _mark(shown: str, title: str, classes: str = "mark") -> str:
    return f'<span class="{classes}" title="{escape(title)}">{escape(shown)}</span>'


@lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language[:40], stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


_formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix="hl-")


def _render_fence(_: Any, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
    token, holder = tokens[index], env["holder"]
    words = _HELD.sub("", token.info).split()
    return f"{holder.hold(code_block(token.content, words[0] if words else '', holder))}\n"


def _render_math_inline(_: Any, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
    return _held_math(tokens[index].content, env["holder"], block=False)


def _render_math_block(_: Any, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
    return _held_math(tokens[index].content, env["holder"], block=True)


def _held_math(source: str, holder: Holder, *, block: bool) -> str:
    return holder.hold(math(source.strip(), holder, block=block))


def _render_heading(_: Any, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
    """A heading keeps its marks in sight: `#### 72` is how a solution states its answer.

    All are of one level, below that of the turn, so that the page stays in order for a screen reader.
    """
    marks = tokens[index].markup
    return "<h3>" + (env["holder"].hold(f'<span class="heading-mark">{marks} </span>') if marks[0] == "#" else "")


def _render_image(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Images would tell a foreign server who reads what: only their address is shown."""
    token = tokens[index]
    alt = self.renderInlineAsText(token.children or [], options, env) or "image"
    return f'<a href="{escape(str(token.attrGet("src") or ""))}">[image: {escape(alt)}]</a>'


def _bracket_math(state: StateInline, silent: bool) -> bool:
    r"""`\(...\)` and `\[...\]`, as most models write their formulas."""
    match = _BRACKET_MATH.match(state.src, state.pos)
    if not match or match.end() > state.posMax:
        return False
    if not silent:
        token = state.push("math_inline" if match[1] else "math_inline_double", "math", 0)
        token.content = match[1] or match[2]
    state.pos = match.end()
    return True


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": False, "breaks": True})
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    parser.inline.ruler.before("escape", "bracket_math", _bracket_math)
    for name in ("fence", "code_block"):
        parser.add_render_rule(name, _render_fence)
    parser.add_render_rule("math_inline", _render_math_inline)
    for name in ("math_inline_double", "math_block"):
        parser.add_render_rule(name, _render_math_block)
    parser.add_render_rule("heading_open", _render_heading)
    parser.add_render_rule("heading_close", lambda *_: "</h3>\n")
    parser.add_render_rule("image", _render_image)
    return parser


_parser = _make_parser()
