"""SpellingBee and SimpleSpelling: which word and letter each seed draws, and what is written about them."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from tasks_core.common import Conversation
from tasks_core.errors import BadArgumentError, BadTypeError, WordListError
from tasks_core.spelling_wordings import WORDINGS
from tasks_core.spellingbee import SimpleSpelling, SpellingBee
from tests.tasks_core.conftest import WORDS


def seed(index: int, split: str) -> int:
    return index if split == "train" else 10_000_000 + index


def drawn(index: int, split: str) -> tuple[str, str]:
    """The word and the letter that the original draws."""
    draws = random.Random(seed(index, split))
    word = draws.choice(WORDS)
    letter = draws.choice(word) if draws.random() < 0.9 else draws.choice("abcdefghijklmnopqrstuvwxyz")
    return word, letter


def parts(conversation: Conversation) -> list[tuple[str, str]]:
    return [(part["type"], part["text"]) for part in conversation["messages"][1]["content"]]


@pytest.mark.parametrize("split", ["train", "test"])
def test_word_letter_and_count_are_those_of_the_seed(word_list: Path, split: str) -> None:
    task = SpellingBee(size=200, split=split)
    assert len(task) == 200
    for index, conversation in enumerate(task):
        word, letter = drawn(index, split)
        kinds, texts = zip(*parts(conversation), strict=True)
        assert kinds == ("text", "text", "python", "python_output", "text")
        assert texts[2] == f"'{word}'.count('{letter}')"
        assert texts[3] == str(word.count(letter))
        assert texts[4].endswith(f"\n#### {word.count(letter)}")
        assert conversation == task[index]


def test_the_word_is_spelled_and_walked(word_list: Path) -> None:
    task = SpellingBee(size=300)
    for index, conversation in enumerate(task):
        word, letter = drawn(index, "train")
        text = parts(conversation)[0][1]
        assert f"\n{word}:{','.join(word)}\n" in text
        steps = re.findall(r"^(\d+):(.)( .*)?$", text, re.MULTILINE)
        assert [(int(place), char) for place, char, _ in steps] == list(enumerate(word, 1))
        hits = [note for _, char, note in steps if char == letter]
        assert [int(re.findall(r"\d+", note)[0]) for note in hits] == list(range(1, word.count(letter) + 1))
        assert not any(note for _, char, note in steps if char != letter)
        assert text.endswith(f"{word.count(letter)}.")


def test_the_question_names_letter_and_word_in_many_ways(word_list: Path) -> None:
    questions = [conversation["messages"][0]["content"] for conversation in SpellingBee(size=3000)]
    for index, question in enumerate(questions):
        word, letter = drawn(index, "train")
        assert word in question
        assert letter in question
    asked = Counter(question.endswith("?") for question in questions)
    assert 0.4 < asked[True] / len(questions) < 0.6
    assert sum(f'"{drawn(index, "train")[0]}"' in question for index, question in enumerate(questions)) > 800
    assert sum(f"'{drawn(index, 'train')[1]}'" in question for index, question in enumerate(questions)) > 800


def test_there_are_wordings_in_seven_languages() -> None:
    assert len(WORDINGS) == len(set(WORDINGS)) >= 50
    assert all(wording.count("{letter}") == wording.count("{word}") == 1 for wording in WORDINGS)
    assert all("{" not in wording.lower().format(letter="x", word="y") for wording in WORDINGS)
    chinese, korean, japanese = "^[^\u3040-\u30ff]*[\u4e00-\u9fff]", "[\uac00-\ud7a3]", "[\u3040-\u30ff]"
    spanish, french, german, english = (
        "¿|Dime|Cuenta",
        "Combien|Compte|Dis-",
        "Wie |Zähle|Sag ",
        "[Hh]ow |[Nn]umber|[Cc]ount ",
    )
    for language in (chinese, korean, japanese, spanish, french, german):
        assert sum(bool(re.search(language, wording)) for wording in WORDINGS) >= 4
    assert sum(bool(re.search(english, wording)) for wording in WORDINGS) >= 25


@pytest.mark.parametrize("split", ["train", "test"])
def test_simple_spelling_draws_from_the_shuffled_list(word_list: Path, split: str) -> None:
    words = list(WORDS)
    random.Random(42).shuffle(words)
    task = SimpleSpelling(size=50, split=split)
    assert task.eval_type == "generative"
    for index, conversation in enumerate(task):
        word = random.Random(seed(index, split)).choice(words)
        assert conversation == {
            "messages": [
                {"role": "user", "content": f"Spell the word: {word}"},
                {"role": "assistant", "content": f"{word}:{','.join(word)}"},
            ]
        }


def test_spelling_bee_compares_numbers(word_list: Path) -> None:
    task = SpellingBee(size=5)
    for conversation in task:
        count = parts(conversation)[3][1]
        assert task.evaluate(conversation, f"So it is\n\n#### {count}") == 1
        assert task.reward(conversation, f"#### {count}") == 1.0
        assert task.evaluate(conversation, f"#### {count}0") == 0
        assert task.evaluate(conversation, count) == 0


def test_simple_spelling_compares_texts(word_list: Path) -> None:
    task = SimpleSpelling(size=5)
    for conversation in task:
        answer = conversation["messages"][1]["content"]
        assert task.evaluate(conversation, f" {answer}\n") == 1
        assert task.reward(conversation, answer) == 1.0
        assert task.evaluate(conversation, answer.upper()) == 0
    with pytest.raises(BadTypeError):
        task.evaluate(task[0], None)  # type: ignore[arg-type]


def test_views_keep_the_seeds(word_list: Path) -> None:
    everything = list(SpellingBee(size=30))
    assert list(SpellingBee(size=30, start=3, stop=-2, step=4)) == everything[3:-2:4]
    assert list(SpellingBee(size=10)) == everything[:10]


def test_a_word_with_an_apostrophe_is_still_python(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("don't\n")
    for conversation in SpellingBee(size=20, words=path):
        found = dict(parts(conversation))
        assert str(eval(found["python"])) == found["python_output"]


def test_a_blank_line_does_not_move_the_other_words(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("one\n\nthree\n")
    words = ["one", "", "three"]
    for task, order in ((SpellingBee(size=20, words=path), words), (SimpleSpelling(size=20, words=path), words[:])):
        if isinstance(task, SimpleSpelling):
            random.Random(42).shuffle(order)
        for index in range(20):
            word = random.Random(index).choice(order)
            if word:
                assert word in task[index]["messages"][0]["content"]
            else:
                with pytest.raises(WordListError, match="line 2: blank"):
                    task[index]


@pytest.mark.parametrize("task", [SpellingBee, SimpleSpelling])
def test_bad_parameters_name_the_allowed_ones(task: type[SpellingBee], word_list: Path) -> None:
    with pytest.raises(BadArgumentError, match="split is 'dev'; allowed: train, test"):
        task(split="dev")
    with pytest.raises(BadArgumentError, match="size is -1; allowed: 0 and more"):
        task(size=-1)
    with pytest.raises(BadTypeError, match="size must be an integer, not float"):
        task(size=1.5)  # type: ignore[arg-type]
    assert len(task()) == 1000
    assert len(task(size=0)) == 0
