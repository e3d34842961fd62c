"""The tokens: every pair of text and ground is readable, in light and in dark."""

import re

import pytest

from tests.servers import ROOT

pytestmark = pytest.mark.once

CSS = ROOT / "webapp" / "static" / "winnow" / "css"
LIGHT, DARK = 0, 1
READABLE = 4.5
MEANINGS = ("good", "bad", "warn", "info")
SURFACES = ("surface-0", "surface-1", "surface-2")
PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-soft", "accent", *MEANINGS) for ground in SURFACES),
    *((meaning, f"{meaning}-soft") for meaning in (*MEANINGS, "accent")),
    *(("ink", f"{meaning}-soft") for meaning in (*MEANINGS, "accent")),
    *(("ink-soft", f"{meaning}-soft") for meaning in (*MEANINGS, "accent")),
    ("surface-1", "accent"),
    ("surface-1", "bad"),
]


def tokens() -> dict[str, tuple[str, str]]:
    text = (CSS / "tokens.css").read_text()
    return {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", text)}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_every_text_can_be_read(ink: str, ground: str, mode: int) -> None:
    assert contrast(tokens()[ink][mode], tokens()[ground][mode]) >= READABLE


def test_the_tokens_are_those_of_the_look() -> None:
    softs = {f"{meaning}-soft" for meaning in (*MEANINGS, "accent")}
    assert set(tokens()) == {*SURFACES, "line", "ink", "ink-soft", "accent", *MEANINGS, *softs}


def test_colours_are_named_in_the_tokens_only() -> None:
    others = [path for path in CSS.glob("*.css") if path.name != "tokens.css"]
    found = {path.name: re.findall(r"#[0-9a-f]{3,8}\b", path.read_text()) for path in others}
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_no_page_has_inline_styles_or_scripts() -> None:
    """The content security policy would refuse them."""
    pages = list((ROOT / "templates").rglob("*.html"))
    assert pages
    forbidden = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=\"", re.IGNORECASE)
    assert [str(path) for path in pages if forbidden.search(path.read_text())] == []


def test_style_sheets_stay_short_and_every_one_is_loaded() -> None:
    sheets = {path.name: path.read_text().count("\n") for path in CSS.glob("*.css")}
    assert {name: lines for name, lines in sheets.items() if lines >= 400} == {}
    pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    assert set(re.findall(r"winnow/css/([a-z-]+\.css)", pages)) == set(sheets)
