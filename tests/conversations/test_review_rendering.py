"""What a message becomes in HTML: readable, complete, and never anybody else's markup."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.conversations.content.shapes import Part
from webapp.conversations.rendering import LONG_TURN, MOST_MARKDOWN, MOST_SHOWN, language_of, render_body

ALLOWED_TAG = re.compile(r'</?[a-z0-9]+( (class|title|href|target|rel|start|display|aria-label|open)(="[^"<>]*")?)*/?>')


def html(content: Any, role: str = "assistant", as_written: bool = False) -> str:
    return str(render_body({"role": role, "content": content}, as_written=as_written).html)


def part(kind: str, text: str) -> Part:
    return {"type": kind, "text": text}


def test_markdown_code_and_math_are_rendered() -> None:
    shown = html("# Title\n\n**bold**\n\n```python\nprint(1)\n```\n\nSo $x^2$ and \\[\\frac{a}{b}\\]")
    assert "Title</h3>" in shown
    assert "<strong>bold</strong>" in shown
    assert '<span class="hl-nb">print</span>' in shown
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in shown
    assert '<math display="block">' in shown


def test_dollars_of_money_are_no_math() -> None:
    assert "<math" not in html("It cost $5 and then $10, so $15-$20.")


def test_single_line_breaks_are_kept() -> None:
    assert "<br>" in html("one\ntwo")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        '[x](http://e.example "t\\" onmouseover=\\"alert(1)")',
        "![x](http://e.example/track.png)",
        "![x](javascript:alert(1))",
        "$\\text{<script>alert(1)</script>}$",
        "$\\text{</math><img src=x onerror=alert(1)>}$",
        "$\\href{javascript:alert(1)}{x}$",
        '$\\color{red" onclick="alert(1)}{x}$',
        "```<script>alert(1)</script>\nx\n```",
        "```python\n</code><script>alert(1)</script>\n```",
        "<http://e.example/\u200b>",
        "[\u202e](http://e.example/> onmouseover=alert(1))",
        "\U000f0000\U000f0001<\U000f0000b>",
    ],
)
@pytest.mark.parametrize("as_written", [False, True])
def test_nobody_elses_markup_comes_through(text: str, as_written: bool) -> None:
    for content in (text, [part("text", text), part("python", text), part("tool_call", text)]):
        assert_harmless(html(content, as_written=as_written))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("<>\"'&`$\\|[](){}!*_#\n\r :/abjs\u200b\u202e\U000f0000"), max_size=60))
def test_no_text_makes_markup_of_its_own(text: str) -> None:
    assert_harmless(html(text))
    assert_harmless(html([part("text", text), part("python", "1"), part("reasoning", text)]))


def assert_harmless(shown: str) -> None:
    for tag in re.findall(r"<[^>]*>?", shown):
        assert ALLOWED_TAG.fullmatch(tag) or tag.startswith(("<m", "</m")), tag
        assert not re.search(r'\son\w+=|javascript:|vbscript:|data:|src=|href="(?!https?://|mailto:|[^":]*")', tag), tag


def test_images_are_links_and_links_give_nothing_away() -> None:
    shown = html("![a cat](https://e.example/cat.png)")
    assert "<img" not in shown
    assert "[image: a cat]</a>" in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


@pytest.mark.parametrize("as_written", [False, True])
def test_what_cannot_be_seen_is_shown(as_written: bool) -> None:
    shown = html("a\u202eb\u200bc\u0007 <|im_end|>\n\n| x<|im_end|> |\n|---|\n| 1 |", as_written=as_written)
    for code in ("U+202E", "U+200B", "U+0007"):
        assert f">{code}</span>" in shown
    assert "\u202e" not in shown
    assert shown.count('<span class="mark token" title="template token">&lt;|im_end|&gt;</span>') == 2


def test_windows_line_ends_do_not_break_markdown_and_are_shown_as_written() -> None:
    assert "<hr>" in html("a\r\n\r\n---\r\n\r\nb")
    assert "U+000D" in html("a\r\nb", as_written=True)


def test_short_code_stands_in_the_sentence_with_its_output() -> None:
    parts = [part("text", "She sold "), part("python", "48/2"), part("python_output", "24"), part("text", " clips.")]
    shown = html(parts)
    assert shown.count("<p>") == 1
    assert re.search(r"She sold .*48/2</code>.*→.*24</code>.* clips", shown)


def test_long_parts_are_folded_blocks() -> None:
    call = part("tool_call", '{"name":"search","arguments":{"q":"x"}}')
    shown = html([call, part("tool_result", "line\n" * 40), part("reasoning", "*so*")])
    assert "<details open><summary>tool call · search</summary>" in shown
    assert "<details><summary>tool result" in shown
    assert "<em>so</em>" in shown


def test_a_tool_call_that_is_no_json_is_shown_as_it_is() -> None:
    assert "not json" in html([part("tool_call", "not json")])
    assert "[1, 2]" in html([part("tool_call", "[1, 2]")])


def test_long_texts_are_folded_cut_and_whole_on_request() -> None:
    body = render_body({"role": "user", "content": "x " * LONG_TURN})
    assert body.is_long
    assert not body.is_cut
    body = render_body({"role": "user", "content": "**x** " * MOST_MARKDOWN})
    assert body.is_cut
    assert "<strong>" not in body.html
    assert len(body.html) < MOST_SHOWN * 2
    assert not render_body({"role": "user", "content": "x " * MOST_SHOWN}, whole=True).is_cut


@pytest.mark.parametrize(
    ("metadata", "language"),
    [("", ""), ('{"entry_point":"f","test":"x"}', "python"), ('{"note":"entry_point"}', ""), ('{"letters":["A"]}', "")],
)
def test_only_what_has_an_entry_point_is_python(metadata: str, language: str) -> None:
    assert language_of(metadata) == language


def test_a_text_in_a_language_keeps_its_lines_and_shows_its_oddities() -> None:
    code = "\n\ndef f():\n    return 1 < 2\u200b\n"
    body = render_body({"role": "user", "content": code}, language="python").html
    assert re.sub(r"<[^>]+>", "", body) == "\n\ndef f():\n    return 1 &lt; 2U+200B\n"
    assert "<pre" not in render_body({"role": "system", "content": "**x**"}, language="python").html
    assert_harmless(
        render_body({"role": "user", "content": "</code><script>alert(1)</script>"}, language="python").html
    )


def test_a_heading_keeps_its_marks_in_sight() -> None:
    body = render_body({"role": "assistant", "content": "48 + 24 = 72\n#### 72\n\nTitle\n====="}).html
    assert '<h3><span class="heading-mark">#### </span>72</h3>' in body
    assert "<h3>Title</h3>" in body
