"""Kinds of errors and of failed programs in words."""

#: What tasks_core's sandbox says of a program that did not pass; a kind of error says itself what it is.
OF_PROGRAMS = {
    "assertion": "failed its tests",
    "exception": "raised an exception",
    "timeout": "took too long",
    "memory": "used too much memory",
    "output": "wrote too much",
    "early_exit": "ended itself before the tests were through",
    "no_code": "no program in the answer",
}


def failure_words(kind: str) -> str:
    """Why a program did not pass."""
    return OF_PROGRAMS.get(kind, error_words(kind))


def error_words(kind: str) -> str:
    """Why there is no answer."""
    return kind.replace("_", " ").replace("-", " ") or "unknown"
