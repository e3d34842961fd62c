"""Kinds of errors and of failed programs in words."""

from webapp.evals.asking.failures import KINDS

#: What tasks_core's sandbox says of a program that did not pass.
OF_PROGRAMS = {
    "assertion": "failed its tests",
    "exception": "raised an exception",
    "memory": "used too much memory",
    "output": "wrote too much",
    "early_exit": "ended itself before the tests were through",
    "no_code": "no program in the answer",
    "infrastructure": "the program could not be run",
}
#: One word, and both: an endpoint that does not answer in time, a program that does not end.
TIMEOUT = "timeout"


def kind_words(kind: str) -> str:
    """A kind of error or of code failure as it is read."""
    if kind == TIMEOUT:
        return "took too long"
    return OF_PROGRAMS.get(kind) or KINDS.get(kind) or kind.replace("_", " ").replace("-", " ") or "unknown"
