"""Characters that cannot be seen but change what is read: they are shown by name."""

import re
import unicodedata
from typing import NamedTuple

_NAMES = {
    "\u00ad": "soft hyphen",
    "\u034f": "combining grapheme joiner",
    "\u061c": "Arabic letter mark",
    "\u180e": "Mongolian vowel separator",
    "\u200b": "zero-width space",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\u200e": "left-to-right mark",
    "\u200f": "right-to-left mark",
    "\u2028": "line separator",
    "\u2029": "paragraph separator",
    "\u202a": "left-to-right embedding",
    "\u202b": "right-to-left embedding",
    "\u202c": "end of direction",
    "\u202d": "left-to-right override",
    "\u202e": "right-to-left override",
    "\u2060": "word joiner",
    "\u2066": "left-to-right isolate",
    "\u2067": "right-to-left isolate",
    "\u2068": "first strong isolate",
    "\u2069": "end of isolate",
    "\u3164": "Hangul filler",
    "\ufeff": "zero-width no-break space (BOM)",
    "\ufffd": "replacement character",
    "\x7f": "control character DEL",
    "\x85": "next line (NEL)",
}
# Tab and line feed are ordinary; tags (U+E0000 ...) and the invisible operators (U+2061 ...) go by their Unicode name.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\ufff9-\ufffd\U000e0000-\U000e007f]"
)
# Emoji are put together with these: between two symbols a joiner is no surprise.
_JOINER = "\u200d"


class Oddity(NamedTuple):
    """An odd character: where it is in the text (index from 0), itself, its code as `U+202E`, its name."""

    position: int
    character: str
    code: str
    name: str


def find_oddities(text: str) -> list[Oddity]:
    """Control characters, direction marks and zero-width characters of a text, in order."""
    return [
        Oddity(match.start(), match[0], f"U+{ord(match[0]):04X}", name_of(match[0]))
        for match in _ODD.finditer(text)
        if not (match[0] == _JOINER and _joins_symbols(text, match.start()))
    ]


def name_of(character: str) -> str:
    """The name of an odd character, for people."""
    if character in _NAMES:
        return _NAMES[character]
    return unicodedata.name(character, "").lower() or f"control character U+{ord(character):04X}"


def _joins_symbols(text: str, position: int) -> bool:
    around = text[position - 1 : position] + text[position + 1 : position + 2]
    return len(around) == 2 and all(unicodedata.category(side) in ("So", "Sk", "Mn") for side in around)
