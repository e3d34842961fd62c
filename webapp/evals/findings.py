"""What asking an endpoint has shown about it, and how that is said to people."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, NamedTuple, Self

from webapp.evals.asking.questions import Mode
from webapp.evals.models import Adapter

Verdict = Literal["yes", "no", "unknown"]


class Finding(NamedTuple):
    """One line about an endpoint: whether it can do something, in words."""

    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Findings:
    """What a probe has seen. None: not tried, or it could not be told.

    `logprobs` is "given", "ignored" (the answer came without them, and without a word about it) or "refused".
    """

    adapter: str = Adapter.OPENAI
    answers: bool = False
    latency_ms: int | None = None
    # The names that the server lists, and the one that it says has answered.
    models: tuple[str, ...] = ()
    served: str = ""
    model_listed: bool | None = None
    logprobs: str = ""
    # How many tokens of the first position come with their probability.
    top_logprobs: int = 0
    letters_appear: bool | None = None
    # A letter chosen by its token's id, twice with two different ones.
    logit_bias: bool | None = None
    token_ids: Mapping[str, int] = field(default_factory=dict)
    max_tokens: bool | None = None
    repeats: bool | None = None
    seed: bool | None = None
    usage: bool | None = None
    streams: bool | None = None
    # nanochat: how many GPUs answer at once.
    workers: int | None = None
    # False: the probe ended before everything was tried; `problem` says why, or why nothing could be asked.
    complete: bool = True
    problem: str = ""

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave; {} is an endpoint that was never asked."""
        found = {field.name: saved[field.name] for field in fields(cls) if field.name in saved}
        if "models" in found:
            found["models"] = tuple(found["models"])
        return cls(**found)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"adapter": str(self.adapter), "models": list(self.models)}

    def gives_letters(self) -> bool:
        return self.top_logprobs > 0 and bool(self.letters_appear)

    def best_mode(self) -> Mode:
        """How multiple-choice questions are asked: the best that it can do."""
        if self.gives_letters():
            return "letters"
        return "forced" if self.logit_bias and self.token_ids else "generate"

    def concurrency(self) -> int | None:
        """Questions at once, where the server says how many it answers at once."""
        return self.workers

    def words(self) -> list[str]:
        """The findings as sentences, the one that matters most first."""
        return [line.text for line in self.lines()]

    def lines(self) -> list[Finding]:
        """The findings as sentences with what each means."""
        if self.adapter in (Adapter.REFERENCE, Adapter.CHANCE):
            return [Finding("yes", BASELINE_WORDS[self.adapter])]
        if not self.answers:
            return [Finding("no", "Did not answer.")]
        unfinished = [] if self.complete else [Finding("unknown", "The probe ended before everything was tried.")]
        return [_scoring(self), *_model_lines(self), *_more_lines(self), *unfinished]

    def summary(self) -> str:
        """A few words for a table."""
        if self.adapter in (Adapter.REFERENCE, Adapter.CHANCE):
            return "nothing is asked"
        return MODE_WORDS[self.best_mode()] if self.answers else "did not answer"


MODE_WORDS: dict[Mode, str] = {
    "letters": "probabilities of the letters",
    "forced": "forced choice of a letter",
    "generate": "generated answers only",
}
BASELINE_WORDS: dict[str, str] = {
    Adapter.REFERENCE: "Answers with the stored answer, without asking: whatever a task can score should be right.",
    Adapter.CHANCE: "Guesses, always the same way for the same seed: what a model must be better than.",
}


def _scoring(found: Findings) -> Finding:
    """How multiple choice is scored, and why not better."""
    if found.adapter == Adapter.NANOCHAT:
        text = "Gives no probabilities: the letters of multiple choice are read out of generated answers."
        return Finding("no", text)
    if found.gives_letters():
        many = f"the {found.top_logprobs:,} likeliest first tokens" if found.top_logprobs > 1 else "the first token"
        text = f"Gives {many}: multiple choice is scored by the letters' probabilities."
        return Finding("yes", text)
    why = {
        "ignored": "Ignores logprobs without saying so",
        "refused": "Refuses logprobs",
        "given": f"Gives the {found.top_logprobs:,} likeliest first tokens, no letter among them",
    }.get(found.logprobs, "Whether it gives logprobs could not be tried")
    if found.best_mode() == "forced":
        return Finding("yes", f"{why}; follows logit_bias, so a letter is forced as the first token.")
    return Finding("no", f"{why}: letters are read out of generated answers.")


def _model_lines(found: Findings) -> Iterator[Finding]:
    if found.model_listed:
        yield Finding("yes", "The server lists this model.")
    elif found.model_listed is False:
        names = ", ".join(found.models[:5]) + (", …" if len(found.models) > 5 else "")
        yield Finding("no", f"The server does not list this model, and answered all the same. It lists: {names}.")
    if found.workers:
        gpus = "1 GPU" if found.workers == 1 else f"{found.workers:,} GPUs"
        yield Finding("yes", f"Runs on {gpus}: as many questions are asked at once.")


#: Per field: what is said when it is so, and when it is not.
SENTENCES: dict[str, tuple[str, str]] = {
    "logit_bias": (
        "Follows logit_bias: two letters were forced, and both came.",
        "Does not follow logit_bias: a forced letter did not come.",
    ),
    "max_tokens": (
        "Stops at the limit of tokens.",
        "Does not stop at the limit of tokens: answers may be long, and slow.",
    ),
    "repeats": (
        "Gives the same answer twice at temperature 0.",
        "Gives different answers at temperature 0: two runs may differ.",
    ),
    "seed": (
        "Follows the seed: a sample can be drawn again.",
        "Ignores the seed: a sample cannot be drawn again.",
    ),
    "usage": ("Counts the tokens of each answer.", "Does not count tokens: the pages show none."),
    "streams": ("Streams answers, with a mark at their end.", "Does not stream answers."),
}
UNTOLD = {
    "logit_bias": "Whether it follows logit_bias could not be tried: it has no address that tells token ids.",
    "seed": "Whether it follows the seed could not be told.",
}


def _more_lines(found: Findings) -> Iterator[Finding]:
    for name, (can, cannot) in SENTENCES.items():
        value = getattr(found, name)
        if value is not None:
            yield Finding("yes", can) if value else Finding("no", cannot)
        elif name in UNTOLD and found.complete and found.adapter == Adapter.OPENAI:
            yield Finding("unknown", UNTOLD[name])
    if found.latency_ms is not None:
        yield Finding("yes", f"A short answer took {found.latency_ms:,} ms.")
