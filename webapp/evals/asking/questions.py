"""What is asked of an endpoint and what comes back: plain values, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Mode = Literal["letters", "forced", "generate"]
#: How multiple-choice questions are asked; one mode for a whole run, chosen by what the probe has found.
MODES: dict[Mode, str] = {
    "letters": "log probabilities of the letters at the first position of the answer",
    "forced": "forced choice: only the letters are allowed as the first token",
    "generate": "the answer is generated, and the letter read out of it",
}


def storable_text(text: str) -> str:
    """A text of somebody else without what a database cannot hold: NUL and halves of surrogate pairs become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(frozen=True)
class Connection:
    """How an endpoint is reached; `key` is never shown in its representation.

    `top_logprobs` is how many likely tokens are asked for: as many as the probe has found the server to give.
    """

    adapter: str
    address: str = ""
    model: str = ""
    key: str = field(default="", repr=False)
    concurrency: int = 8
    timeout_seconds: float = 120.0
    tries: int = 3
    top_logprobs: int = 20


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn. None: not sent, so that the server's own default holds."""

    temperature: float = 0.0
    max_tokens: int = 512
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Question:
    """One request: messages (role and text) up to the answer. `letters` are the allowed ones, empty for free text.

    `token_ids` are the ids of the letters' tokens where the probe has found them: forced choice needs them.
    """

    messages: tuple[Mapping[str, str], ...]
    sampling: Sampling = Sampling()
    mode: Mode = "generate"
    letters: tuple[str, ...] = ()
    token_ids: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the model said. `finish` is "stop", "length" (cut off at the limit of tokens) or "" (not told).

    `letters`: natural logarithm of the probability of each allowed letter that was in the list; `forced`: a second
    request, which allowed nothing but the letters, chose one.
    """

    text: str
    finish: str = ""
    letters: Mapping[str, float] = field(default_factory=dict)
    forced: bool = False
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_ms: int | None = None
    tries: int = 1

    def storable(self) -> "Reply":
        """The same without what a database cannot hold."""
        text = storable_text(self.text)
        return self if text == self.text else replace(self, text=text)


@dataclass(frozen=True)
class Failure:
    """The infrastructure failed, after the bounded tries: never a wrong answer.

    `kind` is a slug of webapp/evals/asking/failures.py, `message` is for people and holds no secret. With `pauses`
    the run must stop asking until somebody has looked (the key is refused, the endpoint is down: the breaker).
    """

    kind: str
    message: str
    tries: int = 1
    pauses: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


#: What comes back for a question.
Result = Reply | Failure
