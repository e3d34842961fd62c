"""The version of Winnow, as pyproject.toml has it."""

VERSION = "1.0.0"
