"""Places at which a worker waits for a test, so that a fault can be made to happen exactly there.

A test writes the file `holds/PLACE`; the next worker that gets there takes it (renames it to `PLACE.PID`) and waits for
as long as that file exists. Nothing of this is in Winnow: `tests.faults.app` wraps its functions.
"""

import os
import time
from pathlib import Path


class Holds:
    """The folder of holds, for both sides."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    # The test's side

    def set(self, place: str, value: str = "0") -> None:
        """Have the next worker that reaches `place` wait there. For "chunk", `value` is the progress from which on."""
        part = self.folder / f".{place}"
        part.write_text(value)
        part.replace(self.folder / place)

    def pid_at(self, place: str) -> int | None:
        """The process that waits there now."""
        found = next(self.folder.glob(f"{place}.*"), None)
        return int(found.suffix[1:]) if found else None

    def release(self, place: str = "*") -> None:
        """Let the worker go on, or the next ones pass."""
        for file in (*self.folder.glob(place), *self.folder.glob(f"{place}.*")):
            file.unlink(missing_ok=True)

    # The worker's side

    def wait(self, place: str, *, reached: int = 0) -> None:
        """Wait here if a test wants it."""
        hold, taken = self.folder / place, self.folder / f"{place}.{os.getpid()}"
        try:
            if reached < int(hold.read_text()):
                return
            hold.rename(taken)
        except FileNotFoundError:
            return
        while taken.exists():
            time.sleep(0.01)

    def number(self, name: str) -> float:
        """A number that a test has set: `pace` (seconds to sleep in each chunk), `max_pages`; 0 where there is none."""
        try:
            return float((self.folder / name).read_text())
        except FileNotFoundError:
            return 0.0
