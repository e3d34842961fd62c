"""The word list of the spelling tasks: one word a line.

Where it comes from, in this order: the parameter `words`, the file that the environment variable
TASKS_CORE_WORDS names, or `words_alpha.txt` of https://github.com/dwyl/english-words (370,105 English words,
Unlicense), downloaded once and kept in the user's cache. The first lines of that file:

    a
    aa
    aaa
    aah
"""

import hashlib
import io
import os
import random
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.request import urlopen

from tasks_core.errors import MissingFileError, WordListError

__all__ = ["WORDS_VARIABLE", "WORD_LIST_SHA256", "WORD_LIST_URL", "WordList", "find_word_list", "load_words"]

WORDS_VARIABLE = "TASKS_CORE_WORDS"
WORD_LIST_URL = "https://raw.githubusercontent.com/dwyl/english-words/refs/heads/master/words_alpha.txt"
WORD_LIST_SHA256 = "3ed0c94610d8bcf7c11bbb49c56aa49c7234d32b66824df91f554169e572da48"
DOWNLOAD_TIMEOUT = 60  # seconds without an answer
SHUFFLE_SEED = 42


@dataclass(frozen=True)
class WordList:
    """Words in file order, and the SHA-256 of the file that they are from."""

    path: str
    words: tuple[str, ...]
    sha256: str

    @cached_property
    def shuffled(self) -> tuple[str, ...]:
        """The words in the order of `random.Random(42).shuffle`."""
        words = list(self.words)
        random.Random(SHUFFLE_SEED).shuffle(words)
        return tuple(words)


def load_words(path: str | os.PathLike[str] | None = None) -> WordList:
    """Return the word list at `path`, or else where TASKS_CORE_WORDS says, or else the downloaded one.

    A list that was read before is read again only if its file has changed.
    """
    file = find_word_list(path)
    try:
        found = file.stat()
        return _read(file, found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise MissingFileError(f"the word list {file} cannot be read: {error.strerror}") from error


def find_word_list(path: str | os.PathLike[str] | None = None) -> Path:
    """Return the file of the word list, downloading it where nothing names one."""
    named = path or os.environ.get(WORDS_VARIABLE)
    if named:
        return Path(named)
    cached = _cache_folder() / WORD_LIST_URL.rpartition("/")[2]
    if not cached.is_file():
        _download(cached)
    return cached


@lru_cache(maxsize=2)
def _read(file: Path, changed: int, size: int) -> WordList:
    """Read a list; `changed` and `size` are there to tell a file from what it was before."""
    content = file.read_bytes()
    try:
        lines = io.StringIO(content.decode("utf-8-sig"), newline=None)
    except UnicodeDecodeError as error:
        raise WordListError(f"the word list {file} is not UTF-8 text (byte {error.start})") from error
    words = tuple(line.strip() for line in lines)
    if not any(words):
        raise WordListError(f"the word list {file} is empty; it needs one word a line")
    return WordList(str(file), words, hashlib.sha256(content).hexdigest())


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tasks_core"


def _download(target: Path) -> None:
    """Fetch the list to `target`, which appears only when it is whole and its SHA-256 is right."""
    try:
        with urlopen(WORD_LIST_URL, timeout=DOWNLOAD_TIMEOUT) as answer:
            content = answer.read()
        found = hashlib.sha256(content).hexdigest()
        if found != WORD_LIST_SHA256:
            raise WordListError(_how_to_get(f"its SHA-256 is {found}, not {WORD_LIST_SHA256}", target))
        _write_whole(target, content)
    except OSError as error:
        raise WordListError(_how_to_get(str(error), target)) from error


def _write_whole(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _how_to_get(reason: str, target: Path) -> str:
    return (
        f"No word list: the download failed ({reason}). There are three ways to have one, each a file with one "
        f"word a line: give it as the parameter words, set {WORDS_VARIABLE} to it, or connect to the internet, "
        f"so that {WORD_LIST_URL} is downloaded to {target}."
    )
