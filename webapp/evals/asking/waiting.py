"""How long to wait until the next try: what the server asks for (Retry-After), or a growing pause of our own."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Pace:
    """Seconds, and how many failures in a row are enough.

    A server that asks to wait for more than `longest_wait` pauses the run. The pause before try n + 1 is
    `pause` · 2^(n - 1), at most `longest_pause`, of which up to a half is taken off at random.
    """

    pause: float = 0.5
    longest_pause: float = 30.0
    longest_wait: float = 600.0
    breaker: int = 10

    def pause_after(self, tries: int) -> float:
        """Seconds until the next try; random, so that those who failed together do not come back together."""
        full = min(self.pause * 2.0 ** min(tries - 1, 30), self.longest_pause)
        return full * random.uniform(0.5, 1.0)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the header Retry-After asks to wait, given as a number or as a date; None without a usable one.

    A date is taken relative to the server's own Date where there is one: then it does not matter whose clock is wrong.
    """
    text = headers.get("Retry-After", "").strip()
    if text.replace(".", "", 1).isdecimal() and text.isascii():
        return float(text)
    moment = _seconds(text)
    if moment is None:
        return None
    now = _seconds(headers.get("Date", ""))
    return max(0.0, moment - (time.time() if now is None else now))


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, OverflowError):
        return None
