"""What crosses between the code and its tests: plain data alone, and nothing that has a will of its own."""

import json
import math
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import pytest

from tasks_core.sandbox.inside.errors import describe, revive
from tasks_core.sandbox.inside.values import MAX_DEPTH, Items, MalformedError, Opaque, pack, unpack

pytestmark = pytest.mark.once


def cross(value: object) -> Any:
    return unpack(json.loads(json.dumps(pack(value))))


PLAIN = [
    None, True, False, 0, 1, -1, 2**62, -(2**63), 2**63, 10**5000, 0.0, 0.1, 1e308, -1e-320, math.inf, -math.inf,
    "", "é\x00\ud800", "</script>", b"", b"\x00\xff", bytearray(b"a"), 1 + 2j, complex(math.inf, -0.0),
    [], [1, [2, [3]]], (), (1,), (1, (2, "a")), set(), {1, "a", (2,)}, frozenset({1}), {frozenset({1})},
    {}, {"a": 1, 2: [3], (4, 5): {6}}, {None: None}, range(3), range(10, 0, -3), Decimal("1.10"), Fraction(1, 3),
    [{"opaque": "x"}], {"tuple": [1]},
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_plain_data_arrives_as_it_was(value: object) -> None:
    found = cross(value)
    assert found == value
    assert type(found) is type(value)


def test_a_negative_zero_and_a_nan_are_what_they_were() -> None:
    assert math.copysign(1, cross(-0.0)) == -1
    assert math.isnan(cross(math.nan))
    assert list(cross({"b": 1, "a": 2})) == ["b", "a"]


@pytest.mark.parametrize("value", [Counter("aab"), OrderedDict(a=2, b=1), defaultdict(int, a=2, b=1)])
def test_the_dicts_of_collections_become_dicts(value: dict[str, int]) -> None:
    assert cross(value) == {"a": 2, "b": 1}
    assert type(cross(value)) is dict


class Number(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Text(str):
    __slots__ = ()


class Numbers(list[int]):
    pass


class Name(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise SystemExit


class Odd(metaclass=Name):
    pass


Pair = namedtuple("Pair", "a b")  # noqa: PYI024
Level = IntEnum("Level", "LOW HIGH")
OTHERS = [object(), Number(4), Text("a"), Numbers([1]), Pair(1, 2), Level(1), deque([1]), len, int, Odd(), Odd]


@pytest.mark.parametrize("value", OTHERS, ids=lambda value: str(type.__repr__(type(value))))
def test_anything_else_equals_nothing(value: object) -> None:
    found = cross(value)
    assert isinstance(found, Opaque)
    assert not found == value  # noqa: SIM201
    assert found != value
    assert not found == found  # noqa: SIM201
    assert found != found
    assert found != 4
    assert found not in [4, "a", [1], (1, 2), None]
    with pytest.raises(TypeError):
        found < 1  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError):
        list(found)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        abs(found)  # type: ignore[arg-type]
    assert isinstance(cross([value])[0], Opaque)


def test_an_iterator_can_be_read_once_and_equals_nothing() -> None:
    for value in ((number for number in [1, 2]), map(int, "12"), iter([1, 2]), {1: 0, 2: 0}.keys()):
        found = cross(value)
        assert isinstance(found, Items)
        assert found != [1, 2]
        assert list(found) == [1, 2]
        assert list(found) == []


def test_what_is_nested_too_deep_or_in_itself_is_cut() -> None:
    endless: list[Any] = []
    endless.append(endless)
    found = cross(endless)
    for _ in range(MAX_DEPTH):
        (found,) = found
    assert isinstance(found, Opaque)


@pytest.mark.parametrize(
    "data",
    [
        {}, {"list": [1]}, {"tuple": [1], "set": []}, {"tuple": 1}, {"set": [[]]}, {"dict": [[[], 1]]},
        {"dict": [[1]]}, {"int": "x"}, {"int": 3}, {"bytes": "0"}, {"range": [1, 2, 0]}, {"range": ["a"]},
        {"Fraction": [1, 0]}, {"Decimal": "x"}, {"complex": ["a", 1]}, {"__class__": "x"}, [{"eval": "1"}],
    ],
)  # fmt: skip
def test_made_up_data_is_refused(data: object) -> None:
    with pytest.raises(MalformedError, match="not plain data"):
        unpack(data)


class Own(KeyError):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (ValueError("a"), ("ValueError", "ValueError", "a")),
        (Own("a"), ("KeyError", "Own", "")),
        (SystemExit(3), ("SystemExit", "SystemExit", "3")),
        (RuntimeError("x" * 1000), ("RuntimeError", "RuntimeError", "x" * 300)),
    ],
)
def test_an_exception_crosses_as_its_built_in_type(error: BaseException, described: object) -> None:
    assert describe(error) == described


def test_only_exceptions_come_back() -> None:
    assert type(revive(("ValueError", "Own", "a"))) is ValueError
    assert str(revive(("ValueError", "Own", "a"))) == "a"
    for builtin in ("SystemExit", "eval", "nothing", "UnicodeDecodeError", "StopIteration"):
        assert type(revive((builtin, "Shown", "a"))) is RuntimeError
