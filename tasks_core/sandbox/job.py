"""What one job has open, and waiting for what comes of it."""

import contextlib
import os
import selectors
import socket
import time
from typing import Any, Self

from tasks_core.sandbox.inside.frames import HEAD, MAX_FRAME, frame_of, parse
from tasks_core.sandbox.inside.values import MalformedError
from tasks_core.sandbox.outcomes import Outcome

__all__ = ["Job"]

#: Of the output this much is kept, and at this much the code is stopped.
KEPT_OUTPUT = 64_000
MOST_OUTPUT = 1_000_000
CHUNK = 1 << 16


class Job:
    """A socket to the code's process, one to the tests', one between the two, and the pipe of the code's output.

    The ends for the others are closed by `handed_over`, so that a process that ends is seen to.
    """

    def __init__(self, seconds: float) -> None:
        self.started = time.monotonic()
        self._deadline = self.started + seconds
        self.to_code, self.code_feed = socket.socketpair()
        self.to_tests, self.tests_feed = socket.socketpair()
        self.code_end, self.tests_end = socket.socketpair()
        self.output, self.output_end = os.pipe()
        os.set_blocking(self.output, False)
        self._open = contextlib.ExitStack()
        self._theirs = contextlib.ExitStack()
        for ours in (self.to_code, self.to_tests):
            self._open.enter_context(ours)
        self._open.callback(os.close, self.output)
        for end in (self.code_feed, self.tests_feed, self.code_end, self.tests_end):
            self._theirs.enter_context(end)
        self._theirs.callback(os.close, self.output_end)
        self._open.enter_context(self._theirs)
        self._kept = bytearray()
        self._printed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self.started

    @property
    def text(self) -> str:
        """What the code has printed, as far as it is kept."""
        return self._kept.decode("utf-8", errors="replace")

    def keep_between(self) -> socket.socket:
        """Take the tests' end of the connection to the code, where there are no tests."""
        ours = self.tests_end.dup()
        self._open.enter_context(ours)
        return ours

    def handed_over(self) -> None:
        """Close what the others now have."""
        self._theirs.close()

    def send(self, to: socket.socket, message: object) -> None:
        """Send one message. A process that is gone is noticed when its answer is waited for."""
        to.settimeout(max(self._deadline - time.monotonic(), 0.001))
        with contextlib.suppress(OSError):
            to.sendall(frame_of(message))

    def wait(self, source: socket.socket) -> Any:
        """Return the message that comes from there, None where it closes or sends nonsense, or TIMEOUT or OUTPUT."""
        source.setblocking(False)
        answer = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(source, selectors.EVENT_READ, answer)
            ready.register(self.output, selectors.EVENT_READ)
            while (left := self._deadline - time.monotonic()) > 0:
                for key, _ in ready.select(left):
                    if key.data is None and not self.read_output():
                        ready.unregister(self.output)
                    elif key.data is not None and _is_whole(source, answer):
                        return _message(answer)
                if self._printed > MOST_OUTPUT:
                    return Outcome.OUTPUT
        return Outcome.TIMEOUT

    def read_output(self) -> bool:
        """Take what was printed; False where no more can come."""
        try:
            part = os.read(self.output, CHUNK)
        except BlockingIOError:
            return True
        self._printed += len(part)
        self._kept += part[: max(KEPT_OUTPUT - len(self._kept), 0)]
        return bool(part)

    def read_rest(self) -> None:
        """Take what is left in the pipe of a process that has ended."""
        before = -1
        while self._printed != before:
            before = self._printed
            self.read_output()


def _is_whole(source: socket.socket, answer: bytearray) -> bool:
    """Read on; True where the message is complete, or nothing more will come."""
    try:
        part = source.recv(CHUNK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    answer += part
    length = int.from_bytes(answer[:HEAD], "big") if len(answer) >= HEAD else MAX_FRAME
    return not part or len(answer) >= HEAD + length or length > MAX_FRAME


def _message(answer: bytearray) -> Any:
    length = int.from_bytes(answer[:HEAD], "big")
    if len(answer) < HEAD or len(answer) != HEAD + length:
        return None
    try:
        return parse(bytes(answer[HEAD:]))
    except MalformedError:
        return None
