"""What the stand-in says: its behaviour, and a toy model with tokens and probabilities."""

import hashlib
import json
import math
import random
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

#: A token: a word with at most one mark in front, a number, or any other single character.
_PIECE = re.compile(r"[ ▁Ġ]?[^\W\d_]+|[ ▁Ġ]?\d+|.", re.DOTALL)
#: What stands in the list of likely tokens besides letters.
_FILLERS = ("The", "**", "\n", "Answer", " the", "(", "We", "To", "It", " an", "Sure", "Let", "#", "-", "\\", "An",
            "Which", "Based", "Here", "Well")  # fmt: skip
_MARKS = ("", " ", "▁", "Ġ")


@dataclass
class Behaviour:
    """How the stand-in answers, and how it fails."""

    # What it says: "always" (`answer`), "file" (by `answers`, otherwise `answer`), "echo" (the last user message), or
    # "letters" (one of `letters`, drawn with `seed` from the prompt; at a temperature above 0 anew for each call).
    rule: str = "always"
    answer: str = "A"
    # Path of a JSON object: the text of the last user message → the answer.
    answers: str = ""
    letters: str = "ABCD"
    seed: int = 1
    # The share of the probability that the first token of the answer has.
    certainty: float = 0.7

    # What it can do; what it cannot it ignores. More top_logprobs than `max_top_logprobs`: 400.
    logprobs: bool = True
    max_top_logprobs: int = 20
    logit_bias: bool = True
    # Answers begin with a word that is no letter, and no letter is among the likely tokens: forced choice is needed.
    hide_letters: bool = False
    # What stands in front of a token at the beginning: "", " ", "▁" or "Ġ".
    mark: str = ""
    # "llamacpp", "vllm" or "" (404).
    tokenize: str = "llamacpp"
    # Names of body fields that it answers with 400, as strict servers do.
    refuses: list[str] = field(default_factory=list)
    # The name of its model; another one in the body: 404 where `check_model`.
    model: str = "tiny"
    check_model: bool = False
    # "Authorization: Bearer <key>" is needed; anything else: 401.
    key: str = ""
    # Errors repeat the Authorization header in their body, as careless servers do.
    echo_key: bool = False
    # Errors say what no database can hold: a NUL and half of a surrogate pair.
    odd_error: bool = False

    # How long an answer takes, how many are worked on at once (0: any number), the pause between tokens of a stream.
    latency_ms: float = 0.0
    parallel: int = 0
    token_ms: float = 0.0

    # How it fails: "" or a status ("429", "500", "401", ...), "html", "empty" (no choices), "null" (a choice without
    # text), "garbage" (broken JSON), "silence" (no answer at all), "trickle" (a byte each `trickle_seconds`), "cut" (it
    # ends in the middle), "huge" (`huge_bytes` of text), "bomb" (the same, packed with gzip), "close" (the
    # connection is closed), "redirect" (307 to `location`).
    fault: str = ""
    # Which calls fail: after the first `fault_after`, so many (None: all), only prompts that contain `fault_match`.
    fault_times: int | None = None
    fault_after: int = 0
    fault_match: str = ""
    # Further faults by what the prompt contains, each time.
    fault_by: dict[str, str] = field(default_factory=dict)
    # More than so many calls at once: 429 (0: never).
    limit: int = 0
    # The header Retry-After of a 429 or 503: "" for none, seconds, or "date:SECONDS" for an HTTP date from now.
    retry_after: str = ""
    trickle_seconds: float = 1.0
    huge_bytes: int = 2**30
    location: str = "/redirected"

    def answer_file(self) -> dict[str, str]:
        """The answers by prompt."""
        if not self.answers:
            return {}
        found: dict[str, str] = json.loads(Path(self.answers).read_text(encoding="utf-8"))
        return found


def prompt_hash(messages: Sequence[Mapping[str, Any]]) -> str:
    """Name a prompt: 16 hexadecimal digits over roles and texts."""
    pairs = [[message.get("role"), message.get("content")] for message in messages]
    return hashlib.sha256(orjson.dumps(pairs)).hexdigest()[:16]


def pieces(text: str) -> list[str]:
    """Cut a text into tokens."""
    return _PIECE.findall(text)


def token_id(piece: str) -> int:
    """The id of a token: single characters have their code point."""
    return ord(piece) if len(piece) == 1 else 200_000 + zlib.crc32(piece.encode()) % 50_000


@dataclass(frozen=True)
class Said:
    """What the model says to one prompt: tokens, whether it was cut off, likely first tokens with log probabilities."""

    tokens: list[str]
    is_cut: bool
    likely: list[tuple[str, float]]


class ToyModel:
    """Says what the behaviour wants, token by token."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.answers = behaviour.answer_file()
        self.drawn = 0
        self.known = {token_id(mark + letter): mark + letter for mark in _MARKS for letter in map(chr, range(65, 91))}

    def say(self, body: Mapping[str, Any], limit: int) -> Said:
        """Answer a chat body with at most `limit` tokens."""
        told = self.behaviour
        answer = self._answer(body)
        likely = self._likely(answer)
        if told.hide_letters:
            answer = f"The answer is {answer}."
        tokens = pieces(told.mark + answer)
        bias = body.get("logit_bias")
        if bias and told.logit_bias:
            tokens = [self._biased(bias, likely), *tokens[1:]]
            likely = sorted([(tokens[0], -0.01), *likely], key=lambda pair: -pair[1])
        elif told.hide_letters:
            likely = [(filler, -1.0 - rank) for rank, filler in enumerate(_FILLERS)]
        return Said(tokens[:limit], len(tokens) > limit, likely)

    def _answer(self, body: Mapping[str, Any]) -> str:
        told = self.behaviour
        asked = next((str(m.get("content")) for m in reversed(body["messages"]) if m.get("role") == "user"), "")
        if told.rule == "echo":
            return asked
        if told.rule == "file":
            return self.answers.get(asked, told.answer)
        if told.rule == "letters":
            self.drawn += 1
            own = f"{self.drawn}" if body.get("temperature") else ""
            return random.Random(f"{told.seed}{asked}{own}").choice(told.letters)
        return told.answer

    def _likely(self, answer: str) -> list[tuple[str, float]]:
        told = self.behaviour
        first = (pieces(answer) or [""])[0]
        others = [letter for letter in told.letters if letter != first]
        share = (1 - told.certainty) / (2 * max(len(others), 1))
        found = [(told.mark + first, math.log(told.certainty))]
        found += [(told.mark + letter, math.log(share) - rank / 10) for rank, letter in enumerate(others)]
        found += [(filler, -8.0 - rank / 10) for rank, filler in enumerate(_FILLERS)]
        return found

    def _biased(self, bias: Mapping[str, float], likely: Sequence[tuple[str, float]]) -> str:
        """The token that wins with the bias added to its log probability."""
        chances = dict(likely)
        tokens = {self.known.get(int(number), f"<{number}>"): float(value) for number, value in bias.items()}
        letters = {token.strip(" ▁Ġ"): chance for token, chance in reversed(likely)}
        own = {token: chances.get(token, letters.get(token, -20.0)) for token in {*tokens, *chances}}
        return max(own, key=lambda token: own[token] + tokens.get(token, 0.0))
