"""What counts as a word: the same for the index and for what is searched, and so the same on both databases.

Text is put in one form first (NFKC, case folded, accents of Latin, Greek and Cyrillic letters dropped), then every
character that is no letter, digit or mark ends a word. "Straße" gives `strasse`, "3.14" gives `3` `14`, "snake_case"
gives `snake` `case`. Scripts that put no space between words (Chinese, Japanese, Thai ...) give one word a character.
"""

import re
import sys
import unicodedata
from functools import cache

#: A word is cut to this many characters; PostgreSQL takes at most 2,046 bytes.
WORD_LIMIT = 64

# Each ASCII byte: a letter in lower case, a digit, or a space. Ten times as fast as a pattern.
_ASCII_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
_ACCENTS = re.compile("[\u0300-\u036f]")
# Kana, Han and its extensions; Thai, Lao, Myanmar, Khmer.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_UNSPACED_ONE = re.compile(f"([{_UNSPACED}])")


def words(text: str) -> str:
    """The words of a text in their order, each once for each time it stands there, with one space between them.

    >>> words("Don't panic: see foo.bar_baz (3.14)!")
    'don t panic see foo bar baz 3 14'
    """
    if text.isascii():
        spaced = text.encode().translate(_ASCII_WORDS).decode()
    else:
        folded = _fold(text)
        spaced = _breaks().sub(" ", folded)
        spaced = _UNSPACED_ONE.sub(r" \1 ", spaced)
    return " ".join([word[:WORD_LIMIT] for word in spaced.split()])


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart))


@cache
def _breaks() -> re.Pattern[str]:
    """Whatever ends a word. Marks (vowel signs of Hindi, points of Hebrew) belong to their word, so they are listed."""
    every = (chr(code) for code in range(sys.maxunicode + 1))
    marks = "".join(character for character in every if unicodedata.category(character) in {"Mn", "Mc"})
    return re.compile(rf"(?:[^\w{marks}]|_)+")
