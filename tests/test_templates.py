"""Every template compiles, and none carries a script or a style that the content security policy would refuse."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

TEMPLATES = Path(__file__).parent.parent / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=", re.IGNORECASE)


@pytest.mark.once
@pytest.mark.parametrize("name", NAMES)
def test_template(name: str) -> None:
    get_template(name)
    found = INLINE.search((TEMPLATES / name).read_text())
    assert found is None, found and found.group()
