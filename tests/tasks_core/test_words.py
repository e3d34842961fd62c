"""Where the word list comes from, and what is said when there is none."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks_core import words
from tasks_core.errors import MissingFileError, WordListError
from tasks_core.spellingbee import SpellingBee
from tasks_core.words import find_word_list, load_words
from tests.tasks_core.conftest import WORDS

CONTENT = b"alpha\r\nbeta\r\n"


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """Where a downloaded list is kept in this test."""
    return tmp_path / "cache" / "tasks_core" / "words_alpha.txt"


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bytes], None]:
    """Let the download find this content."""

    def put(content: bytes) -> None:
        source = tmp_path / "words_alpha.txt"
        source.write_bytes(content)
        monkeypatch.setattr(words, "WORD_LIST_URL", source.as_uri())
        monkeypatch.setattr(words, "WORD_LIST_SHA256", hashlib.sha256(CONTENT).hexdigest())

    return put


def test_line_ends_and_spaces_are_no_part_of_a_word(word_list: Path) -> None:
    assert load_words().words == WORDS
    word_list.write_bytes(b"\xef\xbb\xbfone\r\n two\t\nthree\rfour")
    assert load_words().words == ("one", "two", "three", "four")


def test_the_parameter_comes_before_the_variable(word_list: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_bytes(CONTENT)
    assert load_words(other).words == ("alpha", "beta")
    assert load_words(str(other)).sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert load_words("").words == WORDS


def test_a_list_is_read_again_only_when_it_has_changed(word_list: Path) -> None:
    first = load_words()
    assert load_words() is first
    word_list.write_bytes(CONTENT)
    assert load_words().words == ("alpha", "beta")


def test_the_fingerprint_is_that_of_the_list(word_list: Path) -> None:
    digest = hashlib.sha256(word_list.read_bytes()).hexdigest()
    assert SpellingBee(size=1).fingerprint == f"sha256:{digest}"


def test_the_download_is_checked_and_kept(
    offer: Callable[[bytes], None], cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(CONTENT)
    assert load_words().words == ("alpha", "beta")
    assert find_word_list() == cached
    monkeypatch.setattr(words, "WORD_LIST_URL", "file:///nowhere/words_alpha.txt")
    assert load_words().words == ("alpha", "beta")
    assert list(cached.parent.iterdir()) == [cached]


def test_a_download_with_another_content_is_refused(offer: Callable[[bytes], None], cached: Path) -> None:
    offer(b"something else")
    with pytest.raises(WordListError, match="its SHA-256 is"):
        load_words()
    assert not cached.exists()


def test_without_any_list_all_three_ways_are_named(monkeypatch: pytest.MonkeyPatch, cached: Path) -> None:
    monkeypatch.setattr(words, "WORD_LIST_URL", "file:///nowhere/words_alpha.txt")
    with pytest.raises(WordListError) as caught:
        SpellingBee()
    for way in ("parameter words", "TASKS_CORE_WORDS", "file:///nowhere/words_alpha.txt", str(cached)):
        assert way in str(caught.value)


def test_a_cache_that_cannot_be_written_is_named(
    offer: Callable[[bytes], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(CONTENT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "words_alpha.txt"))
    with pytest.raises(WordListError, match="No word list"):
        load_words()


def test_a_list_that_is_named_but_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none[.]txt cannot be read: No such file"):
        load_words(tmp_path / "none.txt")
    monkeypatch.setenv("TASKS_CORE_WORDS", str(tmp_path))
    with pytest.raises(MissingFileError, match="cannot be read: Is a directory"):
        load_words()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"\n \r\n", "is empty"), (b"ab\nc\xff", "not UTF-8 text .byte 4.")],
)
def test_a_list_without_words_is_an_error(word_list: Path, content: bytes, message: str) -> None:
    word_list.write_bytes(content)
    with pytest.raises(WordListError, match=message):
        load_words()
