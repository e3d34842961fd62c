"""How an exception of the code crosses: the built-in type that it is, its own name, and its message."""

import builtins

__all__ = ["Described", "describe", "revive"]

MAX_TEXT = 300
ENDS_OF_LOOPS = (StopIteration, StopAsyncIteration)

#: Built-in type, name to show, message.
Described = tuple[str, str, str]


def describe(error: BaseException) -> Described:
    """Return the names and the message; never raises an Exception, whatever the error's own methods do."""
    name = type.__dict__["__name__"].__get__(type(error))
    return _builtin(type(error)), str(name)[:100], _message(error)


def _builtin(kind: type) -> str:
    for base in type.__dict__["__mro__"].__get__(kind):
        name = type.__dict__["__name__"].__get__(base)
        if getattr(builtins, name, None) is base:
            return str(name)
    return "Exception"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
        if isinstance(error, SyntaxError) and error.text:
            text = f"{error.msg}: {error.text.strip()}"
        return text[:MAX_TEXT]
    except Exception:
        return ""


def revive(described: Described) -> Exception:
    """Return an exception of that built-in type; a RuntimeError where there is no such type.

    StopIteration becomes one too, as in a generator: `all(map(...))` in a test would take it for the end of its cases.
    """
    builtin, shown, message = described
    kind = getattr(builtins, builtin, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)) or issubclass(kind, ENDS_OF_LOOPS):
        return RuntimeError(f"{shown}: {message}")
    try:
        return kind(message)
    except TypeError:  # UnicodeDecodeError and its like want more
        return RuntimeError(f"{shown}: {message}")
