"""A task is sliced, indexed and iterated as a list is."""

from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_core.common import Conversation, Task
from tasks_core.errors import BadArgumentError, BadIndexError, BadTypeError, NoEvaluationError, TasksCoreError

BOUND = st.none() | st.integers(-25, 25)
STEP = st.none() | st.integers(-6, 6).filter(bool)


class Numbers(Task):
    """Example i says i."""

    def __init__(self, count: int, **view: Any) -> None:
        super().__init__(**view)
        self.count = count

    def num_examples(self) -> int:
        return self.count

    def get_example(self, index: int) -> Conversation:
        return {"messages": [], "number": index}


def numbers(task: Task) -> list[Any]:
    return [conversation["number"] for conversation in task]


@given(count=st.integers(0, 20), start=BOUND, stop=BOUND, step=STEP)
def test_a_task_shows_what_the_slice_of_a_list_shows(
    count: int, start: int | None, stop: int | None, step: int | None
) -> None:
    expected = list(range(count))[start:stop:step]
    task = Numbers(count, start=start, stop=stop, step=step)
    assert len(task) == len(expected)
    assert numbers(task) == expected
    assert [task[index]["number"] for index in range(len(task))] == expected
    assert [task[-index - 1]["number"] for index in range(len(task))] == expected[::-1]


@given(count=st.integers(0, 20), start=BOUND, step=STEP, index=st.integers(-30, 30))
def test_an_index_outside_raises_as_it_does_for_a_list(
    count: int, start: int | None, step: int | None, index: int
) -> None:
    expected = list(range(count))[start:None:step]
    task = Numbers(count, start=start, step=step)
    if -len(expected) <= index < len(expected):
        assert task[index]["number"] == expected[index]
    else:
        with pytest.raises(IndexError, match="outside Numbers"):
            task[index]


@given(count=st.integers(0, 20), start=BOUND, step=STEP, index=st.integers(0, 20))
def test_iter_from_goes_on_where_it_is_told(count: int, start: int | None, step: int | None, index: int) -> None:
    expected = list(range(count))[start:None:step]
    task = Numbers(count, start=start, step=step)
    if index <= len(expected):
        assert [conversation["number"] for conversation in task.iter_from(index)] == expected[index:]
    else:
        with pytest.raises(BadIndexError):
            task.iter_from(index)


def test_at_gives_positions_in_the_order_asked_for() -> None:
    task = Numbers(10, start=2, step=2)
    assert [conversation["number"] for conversation in task.at([3, 0, 0, -1])] == [8, 2, 2, 8]


def test_stop_past_the_end_is_clamped() -> None:
    task = Numbers(3, stop=100)
    assert len(task) == 3
    assert task[2]["number"] == 2
    with pytest.raises(IndexError):
        task[3]


def test_iter_from_a_negative_index_is_refused_at_once() -> None:
    with pytest.raises(BadIndexError, match="index -1 is outside Numbers, which has 3 examples"):
        Numbers(3).iter_from(-1)


@pytest.mark.parametrize("index", ["0", 0.0, None, slice(0, 1), (0,)])
def test_an_index_that_is_no_integer_is_a_type_error(index: Any) -> None:
    with pytest.raises(BadTypeError, match="an index must be an integer, not"):
        Numbers(3)[index]


def test_integers_of_other_packages_and_bools_are_indices_as_for_lists() -> None:
    task = Numbers(3, start=numpy.int64(0), stop=numpy.int32(3), step=numpy.int8(1))
    assert task[numpy.int64(2)]["number"] == 2  # type: ignore[index]
    assert task[True]["number"] == 1


@pytest.mark.parametrize("name", ["start", "stop", "step"])
@pytest.mark.parametrize("value", ["1", 1.5, [1]])
def test_bounds_must_be_integers(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must be an integer"):
        Numbers(3, **{name: value})


def test_a_step_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="step is 0; allowed: every other integer") as caught:
        Numbers(3, step=0)
    assert isinstance(caught.value, BadArgumentError)


def test_an_unknown_bound_is_refused() -> None:
    with pytest.raises(TypeError):
        Numbers(3, begin=1)


def test_a_task_without_evaluation_says_so() -> None:
    task = Numbers(1)
    assert task.eval_type is None
    assert task.fingerprint is None
    with pytest.raises(NoEvaluationError, match="Numbers has no evaluation"):
        task.evaluate(task[0], "")
    with pytest.raises(NoEvaluationError, match="Numbers has no reward"):
        task.reward(task[0], "")


def test_a_task_must_define_its_examples() -> None:
    with pytest.raises(NotImplementedError, match="num_examples"):
        len(Task())
    with pytest.raises(NotImplementedError, match="get_example"):
        Task().get_example(0)


def test_every_error_is_of_the_package_and_of_python() -> None:
    assert issubclass(BadIndexError, TasksCoreError)
    assert issubclass(BadTypeError, TasksCoreError)
    assert issubclass(NoEvaluationError, NotImplementedError)
