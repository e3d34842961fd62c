"""What all tasks share: slicing, indexing, iterating, mixing, and the multiple-choice prompt."""

import random
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from tasks_core.checks import as_integer
from tasks_core.errors import BadArgumentError, BadIndexError, BadTypeError, NoEvaluationError

__all__ = ["Conversation", "Message", "Task", "TaskMixture", "TaskSequence", "render_mc"]

Message = dict[str, Any]
"""`{"role": str, "content": str | [{"type": str, "text": str}, ...]}`"""

Conversation = dict[str, Any]
"""`{"messages": [Message, ...], ...}`; what else it holds depends on the task."""

MIXTURE_SEED = 42
WINDOW = 1024  # examples that are looked up together while iterating


class Task:
    """A dataset of conversations, seen through `start`, `stop` and `step` as a Python slice would show it.

    A task of your own defines `num_examples` and `get_example`, and `evaluate` if it has an `eval_type`.
    """

    eval_type: str | None = None
    """'categorical', 'generative', or None for a task that has no evaluation."""

    def __init__(self, start: int | None = 0, stop: int | None = None, step: int | None = 1) -> None:
        self.start = None if start is None else as_integer("start", start)
        self.stop = None if stop is None else as_integer("stop", stop)
        self.step = None if step is None else as_integer("step", step)
        if self.step == 0:
            raise BadArgumentError("step is 0; allowed: every other integer")

    def num_examples(self) -> int:
        """Return how many examples the whole dataset has."""
        raise NotImplementedError(f"{type(self).__name__} does not define num_examples")

    def get_example(self, index: int) -> Conversation:
        """Return the conversation at `index` of the whole dataset, 0 <= index < num_examples()."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_example")

    def get_examples(self, indices: Sequence[int]) -> Iterator[Conversation]:
        """Yield the conversations at `indices` of the whole dataset; override where a batch is faster."""
        return map(self.get_example, indices)

    @property
    def fingerprint(self) -> str | None:
        """What identifies the data that the task reads, such as `sha256:...`; None where nothing does."""
        return None

    def view(self) -> range:
        """Return the indices of the whole dataset that this task shows, in order."""
        return range(self.num_examples())[slice(self.start, self.stop, self.step)]

    def __len__(self) -> int:
        return len(self.view())

    def __getitem__(self, index: int) -> Conversation:
        view = self.view()
        position = as_integer("an index", index)
        try:
            physical = view[position]
        except IndexError:
            raise BadIndexError(self._outside(position, len(view))) from None
        return self.get_example(physical)

    def __iter__(self) -> Iterator[Conversation]:
        return self.iter_from(0)

    def iter_from(self, index: int) -> Iterator[Conversation]:
        """Yield the conversations from position `index` of this task to its end.

        After an error in one example, `iter_from` the position behind it goes on.
        """
        view = self.view()
        position = as_integer("an index", index)
        if not 0 <= position <= len(view):
            raise BadIndexError(self._outside(position, len(view)))
        return self.get_examples(view[position:])

    def at(self, positions: Sequence[int]) -> Iterator[Conversation]:
        """Yield the conversations at `positions` of this task, in the order given; faster than one by one."""
        view = self.view()
        return self.get_examples([view[position] for position in positions])

    def evaluate(self, conversation: Conversation, response: str) -> int:
        """Return 1 if `response` answers `conversation` rightly, else 0."""
        raise NoEvaluationError(f"{type(self).__name__} has no evaluation")

    def reward(self, conversation: Conversation, response: str) -> float:
        """Return `evaluate` as a float; only generative tasks have it."""
        if self.eval_type != "generative":
            raise NoEvaluationError(f"{type(self).__name__} has no reward: only generative tasks do")
        return float(self.evaluate(conversation, response))

    def _outside(self, position: int, length: int) -> str:
        return f"index {position} is outside {type(self).__name__}, which has {length} examples"


class _Joined(Task):
    """Several tasks one after the other; an example is found by bisecting the cumulative lengths."""

    def __init__(
        self, tasks: Iterable[Task], *, start: int | None = 0, stop: int | None = None, step: int | None = 1
    ) -> None:
        super().__init__(start=start, stop=stop, step=step)
        self.tasks = list(tasks)
        for task in self.tasks:
            if not isinstance(task, Task):
                raise BadTypeError(f"{type(self).__name__} takes tasks, not {type(task).__name__}")
        self.lengths = [len(task) for task in self.tasks]
        self._ends = list(accumulate(self.lengths))

    def num_examples(self) -> int:
        return self._ends[-1] if self._ends else 0

    def locate(self, index: int) -> tuple[int, int]:
        """Return which task holds example `index` of the whole, and its position there."""
        if not 0 <= index < self.num_examples():
            raise BadIndexError(self._outside(index, self.num_examples()))
        return self._place(index)

    def _place(self, index: int) -> tuple[int, int]:
        number = bisect_right(self._ends, index)
        return number, index - (self._ends[number] - self.lengths[number])

    def get_example(self, index: int) -> Conversation:
        number, position = self.locate(index)
        return self.tasks[number][position]

    def get_examples(self, indices: Sequence[int]) -> Iterator[Conversation]:
        for begin in range(0, len(indices), WINDOW):
            yield from self._window(indices[begin : begin + WINDOW])

    def _window(self, indices: Sequence[int]) -> Iterator[Conversation]:
        places = [self._place(index) for index in indices]
        wanted: dict[int, list[int]] = {}
        for number, position in places:
            wanted.setdefault(number, []).append(position)
        readers = {number: self.tasks[number].at(positions) for number, positions in wanted.items()}
        for number, _ in places:
            yield next(readers[number])


class TaskSequence(_Joined):
    """Tasks one after the other, in the order given."""


class TaskMixture(_Joined):
    """Tasks mixed evenly, always in the same order; a task that is given k times counts k times.

    The order is that of the pairs (task, position) in task order, shuffled by `random.Random(42).shuffle`.
    It depends on their number alone, so 4 bytes an example are kept and no pairs.
    """

    def __init__(
        self, tasks: Iterable[Task], *, start: int | None = 0, stop: int | None = None, step: int | None = 1
    ) -> None:
        super().__init__(tasks, start=start, stop=stop, step=step)
        total = self.num_examples()
        self._order = array("I" if total < 1 << 32 else "Q", range(total))
        random.Random(MIXTURE_SEED).shuffle(self._order)

    def _place(self, index: int) -> tuple[int, int]:
        return super()._place(self._order[index])


def render_mc(question: str, letters: Sequence[str], choices: Sequence[str]) -> str:
    """Return the multiple-choice prompt that all such tasks use.

    The letter stands behind its choice, with nothing before it: small models bind it better there, and it is
    then the same token as in the answer.
    """
    if len(letters) != len(choices):
        raise BadArgumentError(f"{len(letters)} letters for {len(choices)} choices; their numbers must be equal")
    lines = "".join(f"- {choice}={letter}\n" for letter, choice in zip(letters, choices, strict=True))
    return f"Multiple Choice question: {question}\n{lines}\nRespond only with the letter of the correct answer."
