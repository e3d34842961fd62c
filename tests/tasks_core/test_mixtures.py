"""TaskMixture and TaskSequence: order, nesting, views, size."""

import random
import tracemalloc
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks_core.common import Conversation, Task, TaskMixture, TaskSequence
from tasks_core.errors import BadIndexError, BadRowError, BadTypeError, NoEvaluationError
from tests.tasks_core.test_slicing import Numbers, numbers

BOUND = st.none() | st.integers(-40, 40)
STEP = st.none() | st.integers(-6, 6).filter(bool)


class Named(Numbers):
    """Example i says name and i."""

    def __init__(self, name: str, count: int, **view: int) -> None:
        super().__init__(count, **view)
        self.name = name

    def get_example(self, index: int) -> Conversation:
        return {"messages": [], "number": (self.name, index)}


def expected_order(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """The order as the original makes it: a shuffled list of pairs."""
    pairs = [(task, index) for task, length in enumerate(lengths) for index in range(length)]
    random.Random(42).shuffle(pairs)
    return pairs


@settings(max_examples=50)
@given(lengths=st.lists(st.integers(0, 12), max_size=5), start=BOUND, stop=BOUND, step=STEP)
def test_a_mixture_is_the_shuffled_list_of_pairs(
    lengths: list[int], start: int | None, stop: int | None, step: int | None
) -> None:
    tasks = [Named(str(number), length) for number, length in enumerate(lengths)]
    expected = [(str(task), index) for task, index in expected_order(lengths)]
    mixture = TaskMixture(tasks)
    assert numbers(mixture) == expected
    assert [mixture[index]["number"] for index in range(len(mixture))] == expected
    assert numbers(TaskMixture(tasks, start=start, stop=stop, step=step)) == expected[start:stop:step]


@settings(max_examples=50)
@given(lengths=st.lists(st.integers(0, 12), max_size=5), start=BOUND, stop=BOUND, step=STEP)
def test_a_sequence_is_one_task_after_the_other(
    lengths: list[int], start: int | None, stop: int | None, step: int | None
) -> None:
    tasks = [Named(str(number), length) for number, length in enumerate(lengths)]
    expected = [(str(task), index) for task, length in enumerate(lengths) for index in range(length)]
    sequence = TaskSequence(tasks, start=start, stop=stop, step=step)
    assert numbers(sequence) == expected[start:stop:step]
    assert [sequence[index]["number"] for index in range(len(sequence))] == expected[start:stop:step]


def test_a_task_given_twice_counts_twice() -> None:
    task = Named("a", 5)
    mixture = TaskMixture([task, Named("b", 2), task])
    assert len(mixture) == 12
    assert sorted(numbers(mixture)).count(("a", 3)) == 2


def test_views_and_mixtures_nest() -> None:
    inner = TaskMixture([Named("a", 50, start=10), Named("b", 7, step=-1, start=-1)], start=3, step=2)
    outer = TaskSequence([inner, TaskMixture([inner, Named("c", 3)], stop=9)], start=-25)
    expected = numbers(inner) + numbers(TaskMixture([inner, Named("c", 3)]))[:9]
    assert numbers(outer) == expected[-25:]
    assert [outer[index]["number"] for index in range(len(outer))] == expected[-25:]
    assert [conversation["number"] for conversation in outer.iter_from(7)] == expected[-25:][7:]


def test_a_mixture_over_more_than_one_window_keeps_its_order() -> None:
    lengths = (1500, 10, 900)
    mixture = TaskMixture([Named(str(number), length) for number, length in enumerate(lengths)])
    assert numbers(mixture) == [(str(task), index) for task, index in expected_order(lengths)]


def test_a_mixture_of_nothing_is_empty() -> None:
    for empty in (TaskMixture([]), TaskSequence([]), TaskMixture([Numbers(0)])):
        assert len(empty) == 0
        assert list(empty) == []
        with pytest.raises(IndexError):
            empty[0]


def test_only_tasks_can_be_mixed() -> None:
    with pytest.raises(BadTypeError, match="TaskMixture takes tasks, not list"):
        TaskMixture([Numbers(1), [1, 2]])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="TaskSequence takes tasks, not str"):
        TaskSequence("ab")  # type: ignore[arg-type]


def test_locate_names_task_and_position() -> None:
    sequence = TaskSequence([Numbers(2), Numbers(0), Numbers(3)])
    assert [sequence.locate(index) for index in range(5)] == [(0, 0), (0, 1), (2, 0), (2, 1), (2, 2)]
    for index in (-1, 5):
        with pytest.raises(BadIndexError):
            sequence.locate(index)
    assert [TaskMixture([Numbers(2), Numbers(3)]).locate(index) for index in range(5)] == expected_order((2, 3))


def test_a_mixture_has_no_evaluation() -> None:
    with pytest.raises(NoEvaluationError, match="TaskMixture has no evaluation"):
        TaskMixture([Numbers(1)]).evaluate({}, "")


def test_a_mixture_of_a_million_keeps_a_few_bytes_an_example() -> None:
    tasks = [Numbers(900_000), Numbers(100_000)]
    tracemalloc.start()
    mixture = TaskMixture(tasks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(mixture) == 1_000_000
    assert peak < 10_000_000
    assert numbers(TaskMixture(tasks, stop=3)) == [mixture[index]["number"] for index in range(3)]


class Broken(Task):
    """Ten examples of which number 4 is bad."""

    def num_examples(self) -> int:
        return 10

    def get_example(self, index: int) -> Conversation:
        if index == 4:
            raise BadRowError("bad")
        return {"messages": [], "number": index}


def read_past_errors(task: Task) -> Iterator[int | None]:
    """Read a whole task as an import does: an error is noted and reading goes on behind it."""
    index = 0
    while index < len(task):
        try:
            for conversation in task.iter_from(index):
                yield conversation["number"]
                index += 1
        except BadRowError:
            yield None
            index += 1


def test_reading_goes_on_behind_a_bad_example() -> None:
    assert list(read_past_errors(Broken())) == [0, 1, 2, 3, None, 5, 6, 7, 8, 9]
    expected = [None if pair == (1, 4) else pair[1] for pair in expected_order((3, 10))]
    assert list(read_past_errors(TaskMixture([Numbers(3), Broken()]))) == expected
