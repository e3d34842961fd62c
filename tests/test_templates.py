"""Every template compiles by itself: one that is included has to load its own tags."""

from pathlib import Path

import pytest
from django.template.loader import get_template

TEMPLATES = Path(__file__).parent.parent / "templates"


@pytest.mark.once
@pytest.mark.parametrize("name", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")))
def test_a_template_compiles(name: str) -> None:
    get_template(name)
