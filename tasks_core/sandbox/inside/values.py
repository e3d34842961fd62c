"""Plain data as JSON and back: all that ever crosses between the code and its tests.

None, bool, float, str and small integers are themselves, a list is an array; everything else is an object with one
key, its type, such as `{"tuple": [1, 2]}`. Only exact types cross: a subclass may behave in any way, and is opaque.
"""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from types import GeneratorType, NoneType
from typing import Any

__all__ = ["Items", "MalformedError", "Opaque", "pack", "unpack"]

MAX_DEPTH = 60
MAX_ITEMS = 100_000
SMALL = 1 << 63

NATIVE = (NoneType, bool, str, float)
SEQUENCES = {tuple: "tuple", set: "set", frozenset: "frozenset"}
DICTS = (dict, Counter, OrderedDict, defaultdict)
_EMPTY: tuple[Iterable[object], ...] = ("", b"", (), [], set(), {}, range(0), reversed([]))
ITERATORS = (
    GeneratorType, map, filter, zip, enumerate, reversed, *(type(iter(empty)) for empty in _EMPTY),
    type({}.keys()), type({}.values()), type({}.items()),
)  # fmt: skip


class MalformedError(ValueError):
    """What came is not plain data."""


class Opaque:
    """A value of a type that does not cross: it equals nothing, has no order and no content."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self.kind}>"


class Items(Opaque):
    """What an iterator gave: equal to nothing as the iterator was, but `list` and `tuple` of it work."""

    def __init__(self, items: Iterable[Any]) -> None:
        super().__init__("iterator")
        self._rest = iter(items)

    def __iter__(self) -> Iterator[Any]:
        return self._rest

    def __next__(self) -> Any:
        return next(self._rest)


def pack(value: Any, depth: int = 0) -> Any:
    """Return what `json.dumps` can write of a value; what is nested deeper than MAX_DEPTH is opaque."""
    kind = type(value)
    if kind in NATIVE:
        return value
    if kind is int:
        return value if -SMALL < value < SMALL else {"int": hex(value)}
    if depth >= MAX_DEPTH:
        return {"opaque": "too deep"}
    return _pack_deep(value, kind, depth + 1)


def _pack_deep(value: Any, kind: type, depth: int) -> Any:
    if kind is list:
        return [pack(item, depth) for item in value]
    if kind in SEQUENCES:
        return {SEQUENCES[kind]: [pack(item, depth) for item in value]}
    if kind in DICTS:
        return {"dict": [[pack(key, depth), pack(item, depth)] for key, item in dict.items(value)]}
    if kind in ITERATORS:
        return {"items": [pack(item, depth) for item in islice(value, MAX_ITEMS)]}
    if kind in LEAVES:
        return {kind.__name__: LEAVES[kind](value)}
    return {"opaque": _name(kind)}


def _name(kind: type) -> str:
    name = type.__dict__["__name__"].__get__(kind)
    return str(name)[:100]


LEAVES: dict[type, Callable[[Any], Any]] = {
    bytes: bytes.hex,
    bytearray: bytearray.hex,
    complex: lambda value: [value.real, value.imag],
    range: lambda value: [value.start, value.stop, value.step],
    Decimal: str,
    Fraction: lambda value: [pack(value.numerator), pack(value.denominator)],
}


def unpack(data: Any) -> Any:
    """Return the value; raises MalformedError for anything that `pack` does not make."""
    try:
        return _unpack(data)
    except MalformedError:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise MalformedError(f"not plain data: {error}") from error


def _unpack(data: Any) -> Any:
    if isinstance(data, list):
        return [_unpack(item) for item in data]
    if not isinstance(data, dict):
        return data
    ((kind, content),) = data.items()
    return UNPACK[kind](content)


def _all(content: list[Any]) -> Iterator[Any]:
    return map(_unpack, content)


UNPACK: dict[str, Callable[[Any], Any]] = {
    "int": lambda content: int(content, 16),
    "tuple": lambda content: tuple(_all(content)),
    "set": lambda content: set(_all(content)),
    "frozenset": lambda content: frozenset(_all(content)),
    "dict": lambda content: {_unpack(key): _unpack(item) for key, item in content},
    "items": lambda content: Items(list(_all(content))),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "complex": lambda content: complex(*content),
    "range": lambda content: range(*content),
    "Decimal": Decimal,
    "Fraction": lambda content: Fraction(*_all(content)),
    "opaque": lambda content: Opaque(str(content)[:100]),
}
