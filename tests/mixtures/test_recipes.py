"""Recipes as plain data, and slices as Python cuts them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_core.common import Task
from tasks_core.lowering import REASONING_CHOICES, SYSTEM_CHOICES, TOOL_CHOICES
from tests.mixtures.helpers import part
from webapp.common.errors import Unprocessable
from webapp.mixtures.recipes import ORDERS, REASONING, SYSTEM, TOOLS, Component, Lowering, Recipe

pytestmark = pytest.mark.once

ends = st.none() | st.integers(-50, 50)
components = st.builds(
    part,
    repeats=st.integers(1, 5),
    start=ends,
    stop=ends,
    step=st.integers(1, 9),
)


class Numbers(Task):
    """Forty examples that are their own numbers."""

    def num_examples(self) -> int:
        return 40

    def get_example(self, index: int) -> dict[str, int]:
        return {"number": index}


@given(components)
def test_a_slice_is_what_a_task_would_show(component: Component) -> None:
    task = Numbers(start=component.start, stop=component.stop, step=component.step)
    assert list(component.chosen(40)) == [example["number"] for example in task]
    assert not component.is_sliced() or eval(f"list(range(40)){component.slice_text()}") == list(component.chosen(40))


@given(st.lists(components, max_size=4), st.sampled_from(list(ORDERS)))
def test_a_recipe_is_plain_data_and_back(parts: list[Component], order: str) -> None:
    recipe = Recipe(tuple(parts), order, Lowering(tools="text_only"))
    plain = json.loads(json.dumps(recipe.to_dict()))
    assert Recipe.from_dict(plain) == recipe
    assert (plain["version"], plain["seed"]) == (1, 42)


def test_a_recipe_of_a_later_version_is_refused() -> None:
    with pytest.raises(Unprocessable, match="version 2"):
        Recipe.from_dict(Recipe().to_dict() | {"version": 2})


def test_the_choices_are_those_of_the_task_library() -> None:
    assert (tuple(SYSTEM), tuple(TOOLS), tuple(REASONING)) == (SYSTEM_CHOICES, TOOL_CHOICES, REASONING_CHOICES)
    assert Lowering() == Lowering("merge", "notation", "leave_out")


@pytest.mark.parametrize(("index", "by", "names"), [(0, 1, "bac"), (2, -1, "acb"), (0, -1, "abc"), (2, 5, "abc")])
def test_moving_a_component(index: int, by: int, names: str) -> None:
    parts = {name: part(repeats=number) for number, name in enumerate("abc", 1)}
    moved = Recipe(tuple(parts.values())).moved(index, by)
    assert [component.repeats for component in moved.components] == [parts[name].repeats for name in names]
