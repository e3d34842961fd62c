"""How a run of code ended."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Outcome", "Verdict"]


class Outcome(StrEnum):
    """What happened. INFRASTRUCTURE says nothing about the code: it was not run, or not to an end."""

    PASS = "pass"  # noqa: S105 - not a password
    ASSERTION = "assertion"
    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    EARLY_EXIT = "early_exit"
    NO_CODE = "no_code"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True)
class Verdict:
    """The outcome with what people want to know: a reason, what the code printed, seconds, and the walls around it."""

    outcome: Outcome
    detail: str = ""
    output: str = ""
    seconds: float = 0.0
    profile: str = ""

    @property
    def passed(self) -> bool:
        """Whether the tests have passed."""
        return self.outcome is Outcome.PASS
