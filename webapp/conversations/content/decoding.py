"""The bytes of one line as a value, strictly: nothing is dropped, merged or rounded without a word.

The fast decoder (msgspec) already refuses invalid UTF-8, control characters, lone surrogates, NaN, numbers out of
range, trailing text and deep nesting. Two things it lets through: U+0000, and a key that stands twice in an object.
Cheap counts over the bytes find the few lines where that may be; only these take the exact path.
"""

import json
from typing import Any, NoReturn

import msgspec

from webapp.conversations.content.explaining import explain, nul_escape
from webapp.conversations.content.shapes import BadLine, quoted

MAX_DEPTH = 200

# What the fast decoder raises; UnicodeDecodeError comes as it is.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def decode_line(raw: bytes) -> object:
    """The value of a line. Raises BadLine with a reason in plain words and the byte where it is."""
    try:
        value = _decoder.decode(raw)
    except DECODE_ERRORS as error:
        raise BadLine(explain(raw, error)) from None
    if b"\\u0000" in raw:
        _refuse_nul(raw)
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _refuse_depth(value)
    if may_repeat_keys(raw, value):
        _refuse_repeated_keys(raw)
    return value


def may_repeat_keys(raw: bytes, value: object) -> bool:
    """Whether an object in the line may have a key twice; a no is certain, a yes has to be looked at.

    In compact writing a key ends with `":`, and inside a text these two stand only as `\\":`. So their count is the
    number of keys as written, unless a key ends with a backslash.
    """
    compact = msgspec.json.format(raw, indent=-1)
    if compact == _encoder.encode(value):
        return False
    quoted = compact.count(b'\\":')
    if quoted and b'\\\\":' in compact:
        return True
    return compact.count(b'":') - quoted != _count_keys(value)


def _count_keys(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum([_count_keys(child) for child in value.values() if isinstance(child, dict | list)])
    if isinstance(value, list):
        return sum([_count_keys(child) for child in value if isinstance(child, dict | list)])
    return 0


def _refuse_nul(raw: bytes) -> None:
    place = nul_escape(raw)
    if place is not None:
        raise BadLine(f"\\u0000 at byte {place}: the character NUL cannot be stored")


def _refuse_depth(value: object) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise BadLine(f"nested more than {MAX_DEPTH} levels deep")


def _children(item: object) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def _refuse_repeated_keys(raw: bytes) -> None:
    # The numbers were checked before; here only the keys matter.
    json.loads(raw, object_pairs_hook=_unique, parse_int=_nothing, parse_float=_nothing)


def _unique(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        _refuse_key(pairs)


def _refuse_key(pairs: list[tuple[str, object]]) -> NoReturn:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            break
        seen.add(key)
    raise BadLine(f"the key {quoted(key)} stands twice in one object")


def _nothing(_digits: str) -> None:
    return None
