"""Checks of arguments, shared by the tasks."""

import operator
from collections.abc import Sequence

from tasks_core.errors import BadArgumentError, BadTypeError

__all__ = ["as_integer", "check_choice", "check_response"]


def check_choice(name: str, value: object, allowed: Sequence[str]) -> None:
    """Raise BadArgumentError unless `value` is one of `allowed`."""
    if value not in allowed:
        names = ", ".join(allowed)
        raise BadArgumentError(f"{name} is {value!r}; allowed: {names}")


def as_integer(name: str, value: object) -> int:
    """Return `value` as an int; integers of numpy and other packages count, floats and text do not."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        kind = type(value).__name__
        raise BadTypeError(f"{name} must be an integer, not {kind}") from None


def check_response(response: object) -> str:
    """Return the model's response if it is text; raise BadTypeError if not."""
    if not isinstance(response, str):
        raise BadTypeError(f"the response must be text, not {type(response).__name__}")
    return response
