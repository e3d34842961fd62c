"""How many questions at once: grows while all goes well, halves when the server is overloaded (AIMD, as in TCP)."""

#: Fast servers are busy from the first moment on; one that takes fewer has refused no question twice until it settles.
START = 16
#: While it has not met its limit yet, it also doubles by time: long answers would keep it small for minutes.
_DOUBLING_SECONDS = 0.25


class Limiter:
    """The number of questions that may be open at once, between 1 and `cap`; `now` is any clock that only rises.

    Up to `_edge` each success adds one, which doubles the limit in the time of one answer; beyond it a whole limit of
    successes does. An overload halves it, at most once for what was open together, and sets the edge there.
    """

    def __init__(self, cap: int, now: float) -> None:
        self.cap = cap
        self._limit = float(START)
        self._edge = float("inf")
        self._epoch = 0
        self._grown_at = now

    @property
    def allowed(self) -> int:
        """How many may be open now; 0 with a cap of 0."""
        return min(int(self._limit), self.cap)

    @property
    def epoch(self) -> int:
        """A number that each question notes when it is asked, for `overloaded`."""
        return self._epoch

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self._edge == float("inf") and now - self._grown_at >= _DOUBLING_SECONDS:
            self._grow(self._limit, now)

    def succeeded(self, now: float) -> None:
        """Take note of a good answer."""
        self._grow(1.0 if self._limit < self._edge else 1.0 / self._limit, now)

    def overloaded(self, epoch: int, *, told_to_wait: bool) -> None:
        """Halve, unless that was done since the question of `epoch` was asked. After a wait it begins with one."""
        if epoch != self._epoch:
            return
        self._epoch += 1
        self._edge = max(1.0, min(self._limit, self.cap) / 2)
        self._limit = 1.0 if told_to_wait else self._edge

    def _grow(self, by: float, now: float) -> None:
        # Not beyond the cap: a limit that was never tried must not have to be halved often before it bites.
        self._limit = max(1.0, min(self._limit + by, max(self.cap, START)))
        self._grown_at = now
