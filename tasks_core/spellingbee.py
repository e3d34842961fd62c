"""SpellingBee and SimpleSpelling: spell words and count their letters, made from a word list.

The words are those of `tasks_core.words` (https://github.com/dwyl/english-words). Example 0 of the train split:
a word and a letter drawn by `random.Random(0)`, asked for and answered like this:

    user:      How many r are there in 'strawberry'?
    assistant: (text) strawberry:s,t,r,a,w,b,e,r,r,y ... 3:r hit, count 1 ... (python) 'strawberry'.count('r')
               (python_output) 3 (text) ... #### 3

Small models see words as tokens, not as letters; these tasks teach them what is inside.
"""

import os
import random

from tasks_core.answers import extract_answer, final_text, score_number
from tasks_core.checks import as_integer, check_choice, check_response
from tasks_core.common import Conversation, Task
from tasks_core.errors import BadArgumentError, WordListError
from tasks_core.spelling_wordings import WORDINGS
from tasks_core.words import load_words

__all__ = ["SimpleSpelling", "SpellingBee", "extract_answer"]

SPLITS = ("train", "test")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
QUOTES = ("", "'", '"')
TEST_SEED_OFFSET = 10_000_000


class _WordTask(Task):
    """A task whose example i is made from a seed: i for train, 10,000,000 + i for test."""

    eval_type = "generative"

    def __init__(
        self,
        size: int = 1000,
        split: str = "train",
        *,
        words: str | os.PathLike[str] | None = None,
        start: int | None = 0,
        stop: int | None = None,
        step: int | None = 1,
    ) -> None:
        super().__init__(start=start, stop=stop, step=step)
        check_choice("split", split, SPLITS)
        self.size = as_integer("size", size)
        if self.size < 0:
            raise BadArgumentError(f"size is {self.size}; allowed: 0 and more")
        self.split = split
        self.word_list = load_words(words)

    @property
    def fingerprint(self) -> str:
        return f"sha256:{self.word_list.sha256}"

    def num_examples(self) -> int:
        return self.size

    def _draws(self, index: int) -> random.Random:
        return random.Random(index if self.split == "train" else TEST_SEED_OFFSET + index)

    def _draw_word(self, draws: random.Random, words: tuple[str, ...]) -> str:
        word = draws.choice(words)
        if not word:  # blank lines are kept, for the other words to be drawn as ever
            line = self.word_list.words.index("") + 1
            raise WordListError(f"{self.word_list.path}, line {line}: blank; a word list has one word a line")
        return word


class SpellingBee(_WordTask):
    """Conversations that ask how often a letter is in a word, answered by hand and then by Python."""

    def get_example(self, index: int) -> Conversation:
        """Return the question that the seed of `index` draws, and its answer as parts."""
        draws = self._draws(index)
        word = self._draw_word(draws, self.word_list.words)
        letter = draws.choice(word) if draws.random() < 0.9 else draws.choice(LETTERS)
        question = _question(draws, word, letter)
        messages = [
            {"role": "user", "content": question},
            {"role": "assistant", "content": _answer(word, letter)},
        ]
        return {"messages": messages}

    def evaluate(self, conversation: Conversation, response: str) -> int:
        """Compare the numbers behind `#### `; a response without one scores 0."""
        return score_number(conversation, response)


class SimpleSpelling(_WordTask):
    """Conversations that ask to spell a word: `Spell the word: cat`, `cat:c,a,t`."""

    def get_example(self, index: int) -> Conversation:
        """Return the word that the seed of `index` draws, and its letters."""
        word = self._draw_word(self._draws(index), self.word_list.shuffled)
        messages = [
            {"role": "user", "content": f"Spell the word: {word}"},
            {"role": "assistant", "content": _spell(word)},
        ]
        return {"messages": messages}

    def evaluate(self, conversation: Conversation, response: str) -> int:
        """Return 1 if the response, stripped, is the stored answer, else 0."""
        return int(check_response(response).strip() == final_text(conversation))


def _spell(word: str) -> str:
    return f"{word}:{','.join(word)}"


def _question(draws: random.Random, word: str, letter: str) -> str:
    wording = draws.choice(WORDINGS)
    if draws.random() < 0.3:
        wording = wording.lower()
    letter_quote = draws.choice(QUOTES)
    word_quote = draws.choice(QUOTES)
    question = wording.format(letter=f"{letter_quote}{letter}{letter_quote}", word=f"{word_quote}{word}{word_quote}")
    return question + "?" if draws.random() < 0.5 else question


def _answer(word: str, letter: str) -> list[dict[str, str]]:
    count = word.count(letter)
    return [
        {"type": "text", "text": _count_by_hand(word, letter)},
        {"type": "text", "text": "\n\nNow the same count in Python, to be sure:\n\n"},
        {"type": "python", "text": f"{word!r}.count({letter!r})"},
        {"type": "python_output", "text": str(count)},
        {"type": "text", "text": f"\n\nPython says {count} as well, so the answer is:\n\n#### {count}"},
    ]


def _count_by_hand(word: str, letter: str) -> str:
    lines = [
        f"I am looking for the letter '{letter}' in the word '{word}'. I count by hand first.\n",
        f"The word, letter by letter:\n{_spell(word)}\n",
        f"Now each letter with its place, marking every '{letter}':",
    ]
    count = 0
    for place, char in enumerate(word, 1):
        count += char == letter
        # No space before the letter: " a" and "a" are different tokens.
        lines.append(f"{place}:{char} hit, count {count}" if char == letter else f"{place}:{char}")
    return "\n".join(lines) + f"\n\nBy hand the count is {count}."
