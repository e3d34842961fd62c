"""The walls that code can be run in."""

import os
from dataclasses import dataclass

from tasks_core.sandbox import bubblewrap, runtime
from tasks_core.sandbox.runtime import Command

__all__ = ["BUBBLEWRAP", "LANDLOCK", "Profile", "refusal"]


@dataclass(frozen=True)
class Profile:
    """One kind of walls: its name, a sentence for people, and whether code is run in it at all."""

    name: str
    description: str
    works: bool = True

    def command(self, role: str) -> Command:
        """Return how to start a warm process. Raises OSError where something is missing."""
        if self.name == "bubblewrap":
            return bubblewrap.command(role)
        if self.name == "landlock":
            place = str(runtime.INSIDE.parent)
            return Command(runtime.zygote(place, role, "landlock", str(os.getpid()), *runtime.folders()))
        raise OSError(self.description)


BUBBLEWRAP = Profile(
    "bubblewrap",
    "Code runs in bubblewrap with a system call filter: no network, no files but Python's, no other processes.",
)

LANDLOCK = Profile(
    "landlock",
    "Code runs under Landlock with a system call filter: no network, no files but Python's, nothing can be written.",
)


def refusal(reasons: dict[str, str]) -> Profile:
    """The profile where nothing works: code is not run."""
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    return Profile("none", f"Code is not run, because nothing on this machine keeps it in ({why}).", works=False)
