"""Every error that tasks_core raises on purpose.

Each is also the built-in error that fits, so that `except ValueError` works as usual.
"""

from os import PathLike, fspath

__all__ = [
    "BadArgumentError",
    "BadIndexError",
    "BadLineError",
    "BadRowError",
    "BadTypeError",
    "DatasetUnavailableError",
    "MissingFileError",
    "NoEvaluationError",
    "SandboxMissingError",
    "SandboxRefused",
    "TasksCoreError",
    "WordListError",
]


class TasksCoreError(Exception):
    """The root of the tree: catches everything that this package raises on purpose."""


class BadArgumentError(TasksCoreError, ValueError):
    """A parameter has a value that is not allowed; the message names the allowed ones."""


class BadTypeError(TasksCoreError, TypeError):
    """A value has the wrong type, such as an index that is not an integer."""


class BadIndexError(TasksCoreError, IndexError):
    """An index lies outside the task."""


class BadRowError(TasksCoreError, ValueError):
    """A row of a dataset does not hold what its task needs."""


class BadLineError(TasksCoreError, ValueError):
    """A line of a file is not a conversation.

    `path`, `line` (from 1) and `reason` say where and why.
    """

    def __init__(self, path: str | PathLike[str], line: int, reason: str) -> None:
        super().__init__(fspath(path), line, reason)
        self.path = fspath(path)
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.reason}"


class MissingFileError(TasksCoreError, FileNotFoundError):
    """A file that was named does not exist or cannot be read."""


class DatasetUnavailableError(TasksCoreError, RuntimeError):
    """A dataset can be had neither from the hub nor from the folder TASKS_CORE_HUB."""


class WordListError(TasksCoreError, RuntimeError):
    """There is no usable word list."""


class NoEvaluationError(TasksCoreError, NotImplementedError):
    """The task has nothing to evaluate, or no reward."""


class SandboxMissingError(TasksCoreError, RuntimeError):
    """Evaluating would run code written by a model, and there is no sandbox to run it in."""


class SandboxRefused(SandboxMissingError):
    """The code was not run, or not to an end, for a reason that is not its own; the message is the reason."""
