"""The version stands in two places."""

import tomllib

import pytest

from tests.servers import ROOT
from webapp.common.version import VERSION


@pytest.mark.once
def test_both_are_the_same() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
