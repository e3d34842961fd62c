"""Why a line is not valid JSON, in plain words with the byte where it is. Only bad lines come here."""

import json
import math
import re
from typing import NoReturn

from webapp.conversations.content.shapes import BadLine, quoted

TOO_DEEP = "nested too deep"
# Python reads no longer ones without being told to; nobody's data needs them.
MAX_DIGITS = 4300

_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
# Texts are stepped over, so that a group is set only for what stands outside of them.
_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*+"|(-?(?:Infinity|\d[\d.eE+-]*)|NaN)', re.DOTALL)


def explain(raw: bytes, error: Exception) -> str:
    """The reason why the fast decoder refused the line with `error`."""
    place = raw.find(b"\0")
    if place >= 0:
        return f"a NUL byte at byte {place}"
    try:
        text = raw.decode()
    except UnicodeDecodeError as bad:
        return f"invalid UTF-8 at byte {bad.start} (0x{raw[bad.start]:02x})"
    if isinstance(error, RecursionError):
        return TOO_DEEP
    return _json_reason(raw, text) or f"not valid JSON: {error}"


def nul_escape(raw: bytes) -> int | None:
    """Where `\\u0000` stands as an escape (an escaped backslash before `u0000` is none)."""
    return next((match.start() for match in _ESCAPE.finditer(raw) if match[0] == b"\\u0000"), None)


def lone_surrogate(raw: bytes) -> tuple[int, str] | None:
    """Where half of a surrogate pair stands without its other half, and which; None where there is none."""
    high: re.Match[bytes] | None = None
    for match in _ESCAPE.finditer(raw):
        code = int(match[1], base=16) if match[1] else 0
        pairs_up = high is not None and match.start() == high.end() and 0xDC00 <= code < 0xE000
        if high is not None and not pairs_up:
            break
        if high is None and 0xDC00 <= code < 0xE000:
            return match.start(), match[0].decode()
        high = match if 0xD800 <= code < 0xDC00 else None
    return (high.start(), high[0].decode()) if high else None


def _json_reason(raw: bytes, text: str) -> str:
    try:
        json.loads(text, parse_constant=_refuse_constant, parse_float=_check_float, parse_int=_check_int)
    except json.JSONDecodeError as error:
        return _syntax_reason(text, error)
    except BadLine as error:
        return _with_place(raw, str(error))
    except RecursionError:
        return TOO_DEEP
    surrogate = lone_surrogate(raw)
    if surrogate:
        return f"{surrogate[1]} at byte {surrogate[0]} is half a character: the other half of the pair is missing"
    return ""


def _syntax_reason(text: str, error: json.JSONDecodeError) -> str:
    place = f"at byte {len(text[: error.pos].encode())}"
    rest = text[error.pos :].lstrip()
    if error.msg.startswith("Unterminated string"):
        return f"cut off: the text that begins {place} does not end"
    if error.msg.startswith("Invalid control character"):
        return f"{_control_name(text[error.pos])} inside a text {place}: it has to be escaped"
    if error.msg.startswith("Invalid \\"):
        return f"an unknown escape {place}"
    if error.msg.startswith("Extra data"):
        return f"something follows the end of the JSON {place}"
    if not rest:
        return f"cut off: the line ends {place} before the JSON does"
    return _found_reason(rest, text[: error.pos].rstrip(), place)


def _found_reason(rest: str, before: str, place: str) -> str:
    if rest[0] == "'":
        return f"single quotes {place}: JSON needs double quotes"
    if rest[0] == "," or (rest[0] in "]}" and before.endswith(",")):
        return f"a comma too many {place}"
    return f"not valid JSON {place}: unexpected {quoted(rest[0])}"


def _control_name(character: str) -> str:
    names = {"\t": "a raw tab", "\r": "a raw line break", "\n": "a raw line break"}
    return names.get(character, f"a raw control character (U+{ord(character):04X})")


def _refuse_constant(name: str) -> NoReturn:
    raise BadLine(f"{name} is not a JSON number")


def _check_float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BadLine(f"{digits[:40]} is too large a number")
    return value


def _check_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadLine(f"{digits[:20]}... is a number of {len(digits):,} digits")
    return 0


def _with_place(raw: bytes, reason: str) -> str:
    """Add where the number stands: the first of this writing outside of texts."""
    start = reason.split()[0].removesuffix("...").encode()
    for match in _NUMBER.finditer(raw):
        if match[1] and match[1].startswith(start):
            return f"{reason} (at byte {match.start(1)})"
    return reason
