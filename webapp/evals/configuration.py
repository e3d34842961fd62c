"""The settings of a run: how answers are drawn and scored. Checked here, for the page and the command alike."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from webapp.common.errors import BadRequest
from webapp.evals.asking.questions import MODES, Sampling

#: They rise when the same answers would be scored, or the same conversations asked, in another way.
SCORER_VERSION = 1
PROMPT_VERSION = 1
AUTO = "auto"
CODE_MODES = ("nanochat", "official")


@dataclass(frozen=True)
class RunSettings:
    """`samples` answers are drawn for each conversation; `mode` "auto" takes the best that the endpoint can do.

    `code_mode` is how HumanEval's programs are put together; `seed` also draws the guesses of the baseline `chance`.
    `reuse`: answers that this model gave to the same questions in other runs are not asked for again.
    """

    temperature: float = 0.0
    max_tokens: int = 512
    top_p: float | None = None
    top_k: int | None = None
    seed: int = 42
    samples: int = 1
    mode: str = AUTO
    code_mode: str = "nanochat"
    reuse: bool = True

    def __post_init__(self) -> None:
        """Raises BadRequest naming the allowed values."""
        _between("temperature", self.temperature, 0, 5)
        _between("max_tokens", self.max_tokens, 1, 1_000_000)
        _between("top_p", self.top_p, 0, 1)
        _between("top_k", self.top_k, 1, 1_000_000)
        _between("seed", self.seed, 0, 2**31 - 1)
        _between("samples", self.samples, 1, 200)
        if self.samples > 1 and not self.temperature:
            raise BadRequest(
                "At temperature 0 every sample is the same answer. Raise the temperature, or draw one sample."
            )
        if self.mode not in {AUTO, *MODES}:
            raise BadRequest(f"“mode” cannot be “{self.mode[:40]}”. Use one of: {', '.join([AUTO, *MODES])}.")
        if self.code_mode not in CODE_MODES:
            raise BadRequest(f"“code_mode” cannot be “{self.code_mode[:40]}”. Use one of: {', '.join(CODE_MODES)}.")

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(**{field.name: saved[field.name] for field in fields(cls) if field.name in saved})

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    def sampling(self, sample: int) -> Sampling:
        """How one sample is drawn: each has a seed of its own, so that it can be drawn again."""
        seed = self.seed + sample if self.temperature else None
        return Sampling(self.temperature, self.max_tokens, self.top_p, self.top_k, seed)


def _between(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise BadRequest(f"“{name}” must be from {least:,} to {most:,}, not {value}.")
