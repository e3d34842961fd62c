"""An item as its page shows it: what was asked, the answer beside the reference, how the answer was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import NamedTuple

from webapp.conversations.content.canonical import messages_of
from webapp.conversations.content.shapes import Message
from webapp.conversations.rendering import Body, language_of, render_body
from webapp.evals.asked import text_asked
from webapp.evals.models import EvalResult


class Turn(NamedTuple):
    """A turn of what was asked."""

    number: int
    role: str
    body: Body


class LetterShare(NamedTuple):
    """An allowed letter with its probability (0 to 1; None where it was not among the likeliest)."""

    letter: str
    share: float | None
    is_said: bool
    is_expected: bool


@dataclass
class ShownItem:
    """What the page asks about a result; each question is put to the database once."""

    result: EvalResult

    @cached_property
    def _text(self) -> str:
        """The stored text of the version that was asked about."""
        return text_asked(self.result.conversation, self.result.version)

    @cached_property
    def is_edited_since(self) -> bool:
        """The text is another one now; a decision alone changes none."""
        return self._text != self.result.conversation.text.messages

    @cached_property
    def is_in_trash(self) -> bool:
        return self.result.conversation.source.deleted_at is not None

    @cached_property
    def _messages(self) -> list[Message]:
        return messages_of(self._text)

    @cached_property
    def _language(self) -> str:
        return language_of(self.result.conversation.text.metadata)

    @cached_property
    def question(self) -> Sequence[Turn]:
        """All turns before the last answer."""
        asked = self._messages[:-1] if self._ends_with_answer else self._messages
        return [
            Turn(number, message["role"], render_body(message, language=self._language))
            for number, message in enumerate(asked, 1)
        ]

    @cached_property
    def reference(self) -> Body | None:
        """The stored answer."""
        return render_body(self._messages[-1], language=self._language) if self._ends_with_answer else None

    @property
    def _ends_with_answer(self) -> bool:
        return self._messages[-1]["role"] == "assistant"

    @cached_property
    def answer(self) -> Body | None:
        """What the model said; None where it said nothing."""
        if self.result.answer is None:
            return None
        text = self.result.answer.text
        # A model that fences its code writes Markdown.
        language = "" if "```" in text else self._language
        return render_body({"role": "assistant", "content": text}, language=language, whole=True)

    @cached_property
    def letters(self) -> list[LetterShare]:
        """The allowed letters, where their probabilities were asked for; the likeliest first."""
        if self.result.answer is None:
            return []
        found = self.result.answer.letter_logprobs()
        named = {letter: exp(min(0.0, value)) for letter, value in found.items()}
        allowed = self.result.conversation.text.metadata_dict().get("letters", [])
        if not named or not isinstance(allowed, list):
            return []
        every = dict.fromkeys([*(one for one in allowed if isinstance(one, str)), *named])
        letters = [self._letter(one, named.get(one)) for one in every]
        return sorted(letters, key=lambda letter: -1.0 if letter.share is None else letter.share, reverse=True)

    def _letter(self, letter: str, share: float | None) -> LetterShare:
        return LetterShare(letter, share, letter == self.result.extracted, letter == self.result.expected)
